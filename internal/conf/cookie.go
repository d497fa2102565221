package conf

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/httpcookie"
)

// cookieText takes a field of a cookie that package cookie accepts by itself.
func cookieText(field func(*Settings) *string, of func(string) cookie.Options) func(*Settings, value) error {
	return into(field, func(v value) (string, error) {
		s, err := v.text()
		if err != nil {
			return "", err
		}
		if wrong, ok := errors.AsType[*httpcookie.FieldError](of(s).Check()); ok {
			return "", errors.New(wrong.Reason)
		}
		return s, nil
	})
}

func cookieName(field func(*Settings) *string) func(*Settings, value) error {
	return cookieText(field, func(name string) cookie.Options {
		return cookie.Options{Name: cmp.Or(name, " ")} // an empty one is not a default here
	})
}

// optionalCookieName takes an empty name, too.
func optionalCookieName(field func(*Settings) *string) func(*Settings, value) error {
	return cookieText(field, func(name string) cookie.Options { return cookie.Options{Name: name} })
}

func cookieDomain(field func(*Settings) *string) func(*Settings, value) error {
	set := cookieText(field, func(domain string) cookie.Options { return cookie.Options{Domain: domain} })
	return func(s *Settings, v value) error {
		if err := set(s, v); err != nil {
			return err
		}
		return publicDomain(*field(s))
	}
}

// publicDomain refuses a domain in which anybody can have a name, such as
// "co.uk" or "github.io": browsers drop such a cookie without a word (RFC 6265,
// 5.3).
func publicDomain(domain string) error {
	name := strings.ToLower(strings.Trim(domain, "."))
	suffix, ofICANN := publicsuffix.PublicSuffix(name)
	// A name without a dot that is on no list is a rule of its own.
	if name == "" || suffix != name || !ofICANN && !strings.Contains(name, ".") {
		return nil
	}
	return fmt.Errorf("browsers drop a cookie for all of %s, where anybody can have a name; "+
		"want the domain of the site", name)
}

func cookiePath(field func(*Settings) *string) func(*Settings, value) error {
	return cookieText(field, func(path string) cookie.Options {
		return cookie.Options{Path: cmp.Or(path, " ")}
	})
}

// cookieFields map the ends of the settings' names to the fields of a cookie.
var cookieFields = map[string]string{
	"Name": "_NAME", "Domain": "_DOMAIN", "Path": "_PATH", "SameSite": "_SAMESITE",
	"Secure": "_SECURE", "Scriptable": "_HTTPONLY",
}

// checkCookie says which settings of a cookie browsers refuse together.
func checkCookie(setting string, o cookie.Options) error {
	wrong, ok := errors.AsType[*httpcookie.FieldError](o.Check())
	if !ok {
		return nil
	}
	return fmt.Errorf("settings: %s%s: %s", setting, cookieFields[wrong.Field], wrong.Reason)
}
