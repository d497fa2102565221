package httpcookie

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Attributes are what a program's options say of a cookie. The fields have the
// names of the options, without the word Cookie.
type Attributes struct {
	Name, Domain, Path string
	SameSite           http.SameSite
	Secure, Insecure   bool // if neither is set, as AutoSecure says
	Scriptable         bool
}

// Check says what is wrong with the options, so that it is told when the
// program starts: browsers drop a cookie like this without a word.
func (a Attributes) Check() error {
	switch {
	case a.Secure && a.Insecure:
		return errors.New("SecureCookie and InsecureCookie exclude each other")
	case a.Insecure && a.SameSite == http.SameSiteNoneMode:
		return errors.New("browsers refuse a SameSite=None cookie that is not Secure")
	case a.Insecure && NeedsSecure(a.Name):
		return fmt.Errorf("browsers refuse a cookie named %q that is not Secure", a.Name)
	case a.Scriptable && NeedsHTTPOnly(a.Name):
		return fmt.Errorf("browsers refuse a cookie named %q that scripts can read", a.Name)
	case NeedsHost(a.Name) && (a.Domain != "" || a.Path != "/"):
		return errors.New(`a "__Host-" cookie has no domain, and the path "/"`)
	default:
		return check(a.Name, a.Domain, a.Path)
	}
}

// Cookie returns a cookie that answers r and ends when the browser is closed.
func (a Attributes) Cookie(r *http.Request, value string) Cookie {
	return Cookie{
		Name: a.Name, Value: value, Domain: a.Domain, Path: a.Path, SameSite: a.SameSite,
		HTTPOnly: !a.Scriptable, Secure: a.isSecure(r),
	}
}

func (a Attributes) isSecure(r *http.Request) bool {
	switch {
	case a.Insecure:
		return false
	case a.Secure, NeedsSecure(a.Name):
		return true
	default:
		return AutoSecure(r)
	}
}

// Removal returns the cookie that makes a browser forget this one. It carries
// the attributes without which a browser ignores it: Secure if the name or
// SameSite=None asks for it, as in Django, and HttpOnly for names that begin
// with "__Http-" or "__Host-Http-".
func (a Attributes) Removal() Cookie {
	return Cookie{
		Name: a.Name, Domain: a.Domain, Path: a.Path, SameSite: a.SameSite,
		Persistent: true, MaxAge: 0, Expires: time.Unix(0, 0),
		HTTPOnly: NeedsHTTPOnly(a.Name),
		Secure:   a.SameSite == http.SameSiteNoneMode || NeedsSecure(a.Name),
	}
}
