package session

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/setcookie"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// Options configure a [Manager]. The zero value is Django's configuration;
// each field says what its zero is.
type Options struct {
	// Codec makes the bytes that the store keeps. Nil keeps the items as
	// plain JSON. Use django.Signed to share a table with Django.
	Codec Codec

	// Cookie is the cookie in which the session's key travels:
	// SESSION_COOKIE_NAME, _DOMAIN, _PATH, _SECURE, _HTTPONLY and _SAMESITE. The
	// name of its zero value is "sessionid".
	Cookie cookie.Options

	// Transport is how the session's key travels, in place of Cookie, which must be zero
	// then: [Bearer] for mobile apps and APIs, or the program's own. Nil is the cookie.
	Transport Transport

	// CookieAge is SESSION_COOKIE_AGE: how long a session lives after it was last saved,
	// unless it has its own expiry. Zero is two weeks. Browsers forget a cookie 400 days after
	// it was sent: a session that is to live longer needs SaveEveryRequest or an IdleTimeout.
	CookieAge time.Duration

	// CookieAgeFor returns the CookieAge of one session, as a SessionStore with its own
	// get_session_cookie_age does in Django: a month for visitors who use an app, for
	// example. It gets the items as JSON, which it must not change. Zero or less is CookieAge.
	// It is asked whenever a session is saved, again if that save is repeated on what another
	// request has saved, and for the lifetime of the cookie; also in parallel. It is not asked
	// about a session with its own expiry, which counts in its place; the two timeouts below
	// count in any case. Where it may be longer than CookieAge, give the longest to the
	// FloorAge of package auth, and to the MaxAge of package cookiestore. Nil is CookieAge for
	// all.
	CookieAgeFor func(items map[string]json.RawMessage) time.Duration

	// ExpireAtBrowserClose is SESSION_EXPIRE_AT_BROWSER_CLOSE: the cookie
	// carries no lifetime. False is a cookie that outlives the browser.
	ExpireAtBrowserClose bool

	// SaveEveryRequest is SESSION_SAVE_EVERY_REQUEST: every request with a session moves its
	// expiry, even one that does not use it. It costs a load per request, and a write at
	// most every RefreshInterval.
	SaveEveryRequest bool

	// RefreshInterval is the least time between two saves that only move the
	// expiry, and about how often a save sends the cookie again to prolong it. Zero is
	// a tenth of the idle limit, or of CookieAge if there is none; it is never more
	// than a tenth of a session's lifetime, or 40 days. A negative one saves at each
	// request, and sends the cookie with each save, as Django does.
	RefreshInterval time.Duration

	// IdleTimeout ends a session that has not been used for this long (ASVS 7.3.1). It is
	// kept to within RefreshInterval. Zero means no limit but CookieAge.
	IdleTimeout time.Duration

	// AbsoluteTimeout ends a session this long after it was created, however
	// busy it is (ASVS 7.3.2). The time of creation is kept in the session as
	// the item "_session_created". Zero means no limit.
	AbsoluteTimeout time.Duration

	// HashKeys stores records under a hash of their key, so that the store's contents do not
	// let a reader log in. Django cannot find such records. False stores the key itself.
	HashKeys bool

	// Timeout bounds each load of a session, each save, and each deletion: a store that does
	// not answer is unavailable. The save at the end of a request has this long even if the
	// visitor has left, since the changes must still be saved; only a new key for a session
	// that has one is not made then, since nobody would hear of it. Zero is five seconds.
	Timeout time.Duration

	// MayCreate is called before a session is stored for a visitor who has none, and reports
	// whether this request may make one more. It limits the sessions of programs without a
	// cookie jar: each of their visits to a page that writes to the session makes one. If it
	// returns false, the response goes on, nothing is stored, no cookie is sent, and the log
	// says so once a minute. It is not called for a login or anything else that gives the
	// session a new key. Requests may call it in parallel. Use the function that
	// throttle.AllowSource returns. Nil means no limit, as in Django.
	MayCreate func(r *http.Request) bool

	// ErrorHandler answers a request whose session could not be loaded or saved, or was
	// stopped by [Abort]. It may test err with errors.Is, and should ask errors.AsType first
	// for a *[RetryError], which has a status and a time of its own, and answers by itself.
	// The headers that describe the handler's body have been removed from w. Nil answers by
	// an err that is an http.Handler, as a RetryError is, 400 to ErrInterrupted, 429 to
	// ErrRefused, 503 to ErrUnavailable and 500 to anything else.
	ErrorHandler func(w http.ResponseWriter, r *http.Request, err error)

	// Logger gets warnings and errors. Nil is slog.Default().
	Logger *slog.Logger

	// Observe is called with the events of sessions, also by several requests in parallel,
	// and must not block. Nil calls nothing.
	Observe func(ctx context.Context, e Event)

	// Probe is told of each question to the store, and how long it took. Nil is told nothing.
	Probe Probe
}

// Hardened returns options for a program that shares nothing with Django: a
// cookie "__Host-Http-sid" that neither a sibling host nor a script can
// plant, keys hashed at rest, an idle limit of 1 hour and an absolute limit
// of 24 hours (NIST SP 800-63B-4, AAL2).
func Hardened() *Options {
	return &Options{
		Cookie:          cookie.Options{Name: "__Host-Http-sid"},
		HashKeys:        true,
		IdleTimeout:     time.Hour,
		AbsoluteTimeout: 24 * time.Hour,
	}
}

// withDefaults returns a copy of o with every zero filled in.
func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	fill(&c.Codec, Codec(plain{}))
	if c.Transport == nil {
		c.Cookie = setcookie.WithDefaults(c.Cookie, "sessionid")
	}
	fill(&c.CookieAge, 14*24*time.Hour)
	fill(&c.Timeout, timelimit.Default)
	fill(&c.Logger, slog.Default())
	if c.ErrorHandler == nil {
		c.ErrorHandler = answerError
	}
	if c.RefreshInterval == 0 {
		c.RefreshInterval = c.CookieAge / 10
		if c.IdleTimeout > 0 {
			c.RefreshInterval = c.IdleTimeout / 10
		}
	}
	return c
}

func fill[T comparable](field *T, zero T) {
	var none T
	if *field == none {
		*field = zero
	}
}

// check says which field, filled in, is wrong.
func (o *Options) check() error {
	if o.Transport != nil && o.Cookie != (cookie.Options{}) {
		return errors.New("session: Options.Cookie and Options.Transport exclude each other; " +
			"give the cookie to Cookies")
	}
	if err := o.Cookie.Check(); err != nil {
		return fmt.Errorf("session: Options.Cookie: %w", err)
	}
	return cmp.Or(
		timelimit.AtLeastSecond("session: Options.CookieAge", o.CookieAge),
		timelimit.AtLeastSecond("session: Options.IdleTimeout", o.IdleTimeout),
		timelimit.AtLeastSecond("session: Options.AbsoluteTimeout", o.AbsoluteTimeout),
		timelimit.NotNegative("session: Options.Timeout", o.Timeout),
	)
}
