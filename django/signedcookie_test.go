package django_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/httpcookie"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/internal/vectors"
	"github.com/jamsession/jamsession/secret"
)

func TestVectorsSignedCookie(t *testing.T) {
	vectors.Run(t, "signed_cookie", func(t *testing.T, c vectors.Case) {
		var in struct {
			Name, Value, Salt string
			Secret            string `json:"secret_key"`
			Time              float64
		}
		var want struct {
			Cookie    string          `json:"cookie_value"`
			SetCookie string          `json:"set_cookie"`
			Get       string          `json:"get_signed_cookie"`
			Legacy    string          `json:"legacy_name_plus_salt_value"`
			Allowed   string          `json:"legacy_accepted_fallback_True"`
			Refused   json.RawMessage `json:"legacy_accepted_fallback_False"`
		}
		c.Decode(t, &in, &want)
		at(t, in.Time, func(t *testing.T) {
			strict := noerror.In(django.NewCookieSigner(secrettest.Keys(in.Secret), nil))
			lax := noerror.In(django.NewCookieSigner(secrettest.Keys(in.Secret), &django.CookieSignerOptions{AcceptForgeableSalt: true}))
			old := noerror.In(django.NewCookieSigner(secrettest.Keys(in.Secret), &django.CookieSignerOptions{WriteForgeableSalt: true}))
			writer := strict
			if c.Version == "3.2" {
				writer = old
			}
			got := writer.Sign(in.Name, in.Value, in.Salt)
			if got != want.Cookie {
				t.Errorf("Sign = %q, want %q", got, want.Cookie)
			}
			cookie := httpcookie.Cookie{Name: in.Name, Value: got, Path: "/"}
			if text := cookie.String(); text != want.SetCookie {
				t.Errorf("Set-Cookie: %s, want %s", text, want.SetCookie)
			}
			if value, err := writer.Unsign(in.Name, want.Cookie, in.Salt, 0); err != nil || value != want.Get {
				t.Errorf("Unsign = %q, %v; want %q", value, err, want.Get)
			}
			if got := old.Sign(in.Name, in.Value, in.Salt); got != want.Legacy {
				t.Errorf("the old form is %q, want %q", got, want.Legacy)
			}
			if value, err := lax.Unsign(in.Name, want.Legacy, in.Salt, 0); err != nil || value != in.Value {
				t.Errorf("Unsign of the old form = %q, %v; want %q", value, err, in.Value)
			}
			if _, err := strict.Unsign(in.Name, want.Legacy, in.Salt, 0); !errors.Is(err, django.ErrBadCookie) {
				t.Errorf("the old form is read without being asked for: error %v", err)
			}
		})
	})
}

func TestVectorsSignedCookieMaxAge(t *testing.T) {
	const siteKey = "test-secret-key-0123456789abcdefghijklmnopqrstuvwxyzABCDEF"
	vectors.Run(t, "signed_cookie_max_age", func(t *testing.T, c vectors.Case) {
		var in struct {
			Name   string
			Value  string `json:"cookie_value"`
			Now    float64
			MaxAge *float64 `json:"max_age"`
		}
		var want struct{ Result json.RawMessage }
		c.Decode(t, &in, &want)
		at(t, in.Now, func(t *testing.T) {
			var maxAge time.Duration
			if in.MaxAge != nil {
				maxAge = time.Duration(*in.MaxAge * float64(time.Second))
			}
			s := noerror.In(django.NewCookieSigner(secrettest.Keys(siteKey), &django.CookieSignerOptions{AcceptForgeableSalt: true}))
			got, err := s.Unsign(in.Name, in.Value, "", maxAge)
			var value string
			if json.Unmarshal(want.Result, &value) != nil {
				if !errors.Is(err, django.ErrCookieExpired) {
					t.Errorf("Unsign = %q, %v; want ErrCookieExpired", got, err)
				}
			} else if err != nil || got != value {
				t.Errorf("Unsign = %q, %v; want %q", got, err, value)
			}
		})
	})
}

// TestSaltsOfCookiesDoNotMeet: a value signed for one cookie is worthless in
// another (CVE-2026-6873).
func TestSaltsOfCookiesDoNotMeet(t *testing.T) {
	s := noerror.In(django.NewCookieSigner(secrettest.Keys("secret", "old"), nil))
	pairs := [][2]string{{"a", "bc"}, {"ab", "c"}, {"abc", ""}, {"c", "ab"}, {"é", "a"}, {"aé", ""}}
	for _, from := range pairs {
		signed := s.Sign(from[0], "value", from[1])
		for _, to := range pairs {
			if _, err := s.Unsign(to[0], signed, to[1], 0); (err == nil) != (from == to) {
				t.Errorf("signed for %q, read for %q: error %v", from, to, err)
			}
		}
	}
	signed := noerror.In(django.NewCookieSigner(secrettest.Keys("old"), nil)).Sign("a", "value", "")
	if value, err := s.Unsign("a", signed, "", 0); err != nil || value != "value" {
		t.Errorf("signed with a fallback: %q, %v", value, err)
	}
	for _, bad := range []string{"", "value", "value:1r31eq:", signed + "x", "x" + signed} {
		if _, err := s.Unsign("a", bad, "", 0); !errors.Is(err, django.ErrBadCookie) {
			t.Errorf("%q: error %v, want ErrBadCookie", bad, err)
		}
	}
}

func ExampleNewCookieSigner() {
	keys, err := secret.NewKeys("a secret of 50 random characters")
	if err != nil {
		fmt.Println(err)
		return
	}
	s := noerror.In(django.NewCookieSigner(keys, nil))
	signed := s.Sign("theme", "dark", "")
	value, err := s.Unsign("theme", signed, "", 30*24*time.Hour)
	fmt.Println(value, err)
	_, err = s.Unsign("admin", signed, "", 0)
	fmt.Println(err)
	// Output:
	// dark <nil>
	// django: bad signature of a cookie
}
