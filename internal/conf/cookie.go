package conf

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/jamsession/jamsession/cookie"
)

// cookieText takes a field of a cookie that package cookie accepts by itself.
func cookieText(field func(*Settings) *string, of func(string) cookie.Options) func(*Settings, value) error {
	return into(field, func(v value) (string, error) {
		s, err := v.text()
		if err != nil {
			return "", err
		}
		if wrong, ok := errors.AsType[*cookie.Error](of(s).Check()); ok {
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

func cookieDomain(field func(*Settings) *string) func(*Settings, value) error {
	return cookieText(field, func(domain string) cookie.Options { return cookie.Options{Domain: domain} })
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
	wrong, ok := errors.AsType[*cookie.Error](o.Check())
	if !ok {
		return nil
	}
	return fmt.Errorf("settings: %s%s: %s", setting, cookieFields[wrong.Field], wrong.Reason)
}
