package cookiestore

import (
	"time"

	"github.com/jamsession/jamsession/session"
)

// Options configure a store.
type Options struct {
	// MaxAge is Django's SESSION_COOKIE_AGE: no cookie that was signed longer
	// ago is accepted, whatever its session says. Set session.Options.CookieAge
	// to the same. Zero is two weeks.
	MaxAge time.Duration

	// Revoked is the store for the list of sessions that have ended, whose
	// cookies are refused. It gets a small record for each logout and each
	// login, which expires after MaxAge and an hour; use a separate store, such
	// as one in Redis with another prefix. It cannot be a store of this package,
	// which keeps nothing. Nil means no list: cookies cannot be revoked.
	Revoked session.Store
}

func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.MaxAge == 0 {
		c.MaxAge = 14 * 24 * time.Hour
	}
	return c
}
