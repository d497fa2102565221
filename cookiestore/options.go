package cookiestore

import (
	"time"

	"github.com/jamsession/jamsession/session"
)

// Options configure a store.
type Options struct {
	// MaxAge is SESSION_COOKIE_AGE: no cookie that was signed longer ago is
	// accepted, whatever its session says. Give session.Options.CookieAge the
	// same. Zero is two weeks.
	MaxAge time.Duration

	// Revoked is where the store notes which sessions have ended, so that
	// their cookies stay dead. It gets a small record for each logout and each
	// login, which expires after MaxAge and an hour; a store of its own, such
	// as one in Redis with a prefix of its own, is best. It cannot be a store of
	// this package, which keeps nothing. Nil means no list: cookies cannot be
	// taken back.
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
