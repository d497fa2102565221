package csrf

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/httpcookie"
	"github.com/jamsession/jamsession/internal/setcookie"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// Options configure a [Protection]. The zero value is Django's configuration;
// each field says what its zero is.
type Options struct {
	// TrustedOrigins is CSRF_TRUSTED_ORIGINS: the other origins whose pages
	// may send requests, such as "https://www.example.com". An entry
	// "https://*.example.com" stands for example.com and all hosts below it.
	// Scheme and port must match, too. Nil is this site only.
	TrustedOrigins []string

	// CrossOrigin is a second check, of the headers Sec-Fetch-Site and Origin:
	// http.NewCrossOriginProtection(). It comes before the token, for unsafe methods, and
	// not for the origins of TrustedOrigins. Nil means none, as in Django.
	CrossOrigin *http.CrossOriginProtection

	// UseSessions is CSRF_USE_SESSIONS: the secret is kept in the session,
	// as the item "_csrftoken", and not in a cookie of its own. Cookie and
	// CookieAge must be zero then: the Domain that a Referer may have is that of
	// the session's cookie. False is a cookie.
	UseSessions bool

	// Cookie is the cookie that holds the secret: CSRF_COOKIE_NAME, _DOMAIN, _PATH,
	// _SECURE, _HTTPONLY and _SAMESITE. The name of its zero value is "csrftoken", and
	// scripts cannot read it, which they can in Django: they find the token in the page.
	// Set Cookie.Scriptable for scripts that read the cookie.
	//
	// Over HTTPS the Domain is also the one that a Referer must have:
	// ".example.com" stands for all hosts below, too.
	Cookie cookie.Options

	// CookieAge is CSRF_COOKIE_AGE: how long the browser keeps the cookie
	// after a page last asked for a token. Zero is 52 weeks; negative ends it
	// with the browser.
	CookieAge time.Duration

	// HeaderName is the header in which scripts send the token
	// (CSRF_HEADER_NAME). Empty is "X-CSRFToken".
	HeaderName string

	// IsSecure reports whether the visitor came over HTTPS. Behind a proxy
	// that ends TLS, have it look at the header that this proxy sets
	// (SECURE_PROXY_SSL_HEADER). Nil is r.TLS != nil.
	IsSecure func(r *http.Request) bool

	// MaxFormBytes bounds the body of a multipart form that is read to find
	// the token in it. A longer one is refused with 413, unless the token is
	// in the header: then the body is left to the handler, unread. Zero is
	// 32 MiB; negative means no limit. A form that is not multipart may have
	// 10 MiB at most, as in net/http.
	MaxFormBytes int64

	// FailureHandler answers a request that was refused (CSRF_FAILURE_VIEW).
	// The error is an *[Error]. Nil is [Fail], which answers 403, or 413 to [ErrTooLarge]: a
	// page that says what to do, and a line of JSON or text to scripts.
	FailureHandler func(w http.ResponseWriter, r *http.Request, err error)

	// Logger gets a warning for each request that was refused. Nil is
	// slog.Default().
	Logger *slog.Logger
}

// withDefaults returns a copy of o with every zero filled in.
func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if !c.UseSessions {
		c.Cookie = setcookie.WithDefaults(c.Cookie, "csrftoken")
		fill(&c.CookieAge, 52*7*24*time.Hour)
	}
	fill(&c.HeaderName, "X-CSRFToken")
	fill(&c.MaxFormBytes, 32<<20)
	fill(&c.Logger, slog.Default())
	if c.IsSecure == nil {
		c.IsSecure = func(r *http.Request) bool { return r.TLS != nil }
	}
	if c.FailureHandler == nil {
		c.FailureHandler = Fail
	}
	return c
}

func fill[T comparable](field *T, zero T) {
	var none T
	if *field == none {
		*field = zero
	}
}

// check says which of the fields, filled in, are wrong.
func (o *Options) check() error {
	if o.UseSessions && (o.Cookie != (cookie.Options{}) || o.CookieAge != 0) {
		return errors.New("csrf: Options.UseSessions excludes Cookie and CookieAge: there is no cookie")
	}
	if err := o.Cookie.Check(); err != nil {
		return fmt.Errorf("csrf: Options.Cookie: %w", err)
	}
	if !httpcookie.IsToken(o.HeaderName) {
		return fmt.Errorf("csrf: Options.HeaderName: %q cannot be the name of a header", o.HeaderName)
	}
	if o.CookieAge > 0 {
		return timelimit.AtLeastSecond("csrf: Options.CookieAge", o.CookieAge)
	}
	return nil
}
