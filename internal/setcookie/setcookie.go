// Package setcookie makes the cookies of responses from the cookie options of a
// package.
package setcookie

import (
	"net/http"
	"time"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/httpcookie"
)

// WithDefaults fills the zeros in: the name is that of the package.
func WithDefaults(o cookie.Options, name string) cookie.Options {
	if o.Name == "" {
		o.Name = name
	}
	if o.Path == "" {
		o.Path = "/"
	}
	if o.SameSite == 0 {
		o.SameSite = http.SameSiteLaxMode
	}
	return o
}

// New returns a cookie that answers r and ends when the browser is closed.
func New(o *cookie.Options, r *http.Request, value string) httpcookie.Cookie {
	return httpcookie.Cookie{
		Name: o.Name, Value: value, Domain: o.Domain, Path: o.Path, SameSite: o.SameSite,
		Partitioned: o.Partitioned, HTTPOnly: !o.Scriptable, Secure: IsSecure(o, r),
	}
}

// IsSecure reports whether a cookie that answers r is Secure.
func IsSecure(o *cookie.Options, r *http.Request) bool {
	switch o.Secure {
	case cookie.SecureNeverUnsafe:
		return false
	case cookie.SecureAlways:
		return true
	default:
		return needsSecure(o) || autoSecure(r)
	}
}

// needsSecure reports whether browsers refuse the cookie if it is not Secure.
func needsSecure(o *cookie.Options) bool {
	return o.SameSite == http.SameSiteNoneMode || httpcookie.NeedsSecure(o.Name)
}

// Removal returns the cookie that makes a browser forget this one. It carries
// the attributes without which a browser ignores it: Secure if the name or
// SameSite=None asks for it, as in Django, Partitioned, since it is in another
// jar, and HttpOnly for names that begin with "__Http-" or "__Host-Http-".
func Removal(o *cookie.Options) httpcookie.Cookie {
	return httpcookie.Cookie{
		Name: o.Name, Domain: o.Domain, Path: o.Path, SameSite: o.SameSite,
		Persistent: true, MaxAge: 0, Expires: time.Unix(0, 0),
		Partitioned: o.Partitioned, HTTPOnly: httpcookie.NeedsHTTPOnly(o.Name), Secure: needsSecure(o),
	}
}
