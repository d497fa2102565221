package httpcookie_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/httpcookie"
	"github.com/jamsession/jamsession/internal/setcookie"
	"github.com/jamsession/jamsession/internal/vectors"
)

func TestVectorsCookieParse(t *testing.T) {
	vectors.Run(t, "cookie_parse", func(t *testing.T, c vectors.Case) {
		var in struct{ Header string }
		var want struct{ Cookies map[string]string }
		c.Decode(t, &in, &want)
		h := http.Header{"Cookie": {in.Header}}
		for name, value := range want.Cookies {
			if got, ok := httpcookie.Lookup(h, name); !ok || got != value {
				t.Errorf("Lookup(%q) = %q, %t; want %q", name, got, ok, value)
			}
		}
		for part := range strings.FieldsFuncSeq(in.Header, func(r rune) bool {
			return strings.ContainsRune(`;=, "\`, r)
		}) {
			_, want := want.Cookies[part]
			if _, ok := httpcookie.Lookup(h, part); ok != want {
				t.Errorf("Lookup(%q) finds something: %t", part, ok)
			}
		}
	})
}

// setCookie are the arguments of Django's set_cookie and delete_cookie.
type setCookie struct {
	Key, Value, Domain, SameSite, Expires string
	Path                                  *string
	MaxAge                                *int64 `json:"max_age"`
	Secure, HTTPOnly                      bool
	Now                                   float64
}

func (in *setCookie) cookie(t *testing.T) httpcookie.Cookie {
	c := httpcookie.Cookie{
		Name: in.Key, Value: in.Value, Domain: in.Domain, Path: in.path(),
		Secure: in.Secure, HTTPOnly: in.HTTPOnly, SameSite: sameSite(t, in.SameSite),
	}
	if in.MaxAge != nil {
		c.Persistent, c.MaxAge = true, *in.MaxAge
		c.Expires = time.Unix(int64(in.Now), 0).Add(time.Duration(c.MaxAge) * time.Second)
	}
	return c
}

// path is "/" if it was left out, and nothing if it was null.
func (in *setCookie) path() string {
	if in.Path == nil {
		return "/"
	}
	return *in.Path
}

func (in *setCookie) UnmarshalJSON(text []byte) error {
	type plain setCookie
	if err := json.Unmarshal(text, (*plain)(in)); err != nil {
		return err
	}
	var keys map[string]any
	if err := json.Unmarshal(text, &keys); err != nil {
		return err
	}
	if path, ok := keys["path"]; ok && path == nil {
		in.Path = new(string)
	}
	return nil
}

func sameSite(t *testing.T, text string) http.SameSite {
	mode, ok := map[string]http.SameSite{
		"": 0, "lax": http.SameSiteLaxMode,
		"strict": http.SameSiteStrictMode, "none": http.SameSiteNoneMode,
	}[strings.ToLower(text)]
	if !ok {
		t.Fatalf("no http.SameSite for %q", text)
	}
	return mode
}

func TestVectorsSetCookie(t *testing.T) {
	vectors.Run(t, "set_cookie", func(t *testing.T, c vectors.Case) {
		var in setCookie
		var want struct {
			SetCookie any `json:"set_cookie"`
		}
		c.Decode(t, &in, &want)
		text, ok := want.SetCookie.(string)
		if !ok {
			// Django refuses the word; here it has no constant to say it with.
			if in.SameSite != "bogus" {
				t.Errorf("Django refuses %+v", in)
			}
			return
		}
		if in.Expires != "" && in.MaxAge == nil {
			// Nothing in the project sends a lifetime that only old browsers
			// heed, so Cookie has both or none.
			at, err := http.ParseTime(in.Expires)
			if err != nil {
				t.Fatal(err)
			}
			in.MaxAge, in.Now = new(int64), float64(at.Unix())
			text = strings.Replace(text, "; Path", "; Max-Age=0; Path", 1)
		}
		// Django repeats the spelling it was given, here it is always the RFC's.
		text = strings.Replace(text, "SameSite=none", "SameSite=None", 1)
		if got := in.cookie(t).String(); got != text {
			t.Errorf("got  %s\nwant %s", got, text)
		}
	})
}

func TestVectorsDeleteCookie(t *testing.T) {
	vectors.Run(t, "delete_cookie", func(t *testing.T, c vectors.Case) {
		var in setCookie
		var want struct {
			SetCookie string `json:"set_cookie"`
		}
		c.Decode(t, &in, &want)
		got := setcookie.Removal(&cookie.Options{
			Name: in.Key, Domain: in.Domain, Path: in.path(), SameSite: sameSite(t, in.SameSite),
		})
		if got.String() != want.SetCookie {
			t.Errorf("got  %s\nwant %s", got, want.SetCookie)
		}
	})
}

func TestVectorsHTTPDate(t *testing.T) {
	vectors.Run(t, "http_date", func(t *testing.T, c vectors.Case) {
		var in struct{ Epoch float64 }
		var want struct{ Text string }
		c.Decode(t, &in, &want)
		sent := httpcookie.Cookie{
			Name: "a", Value: "b", Persistent: true,
			Expires: time.UnixMilli(int64(in.Epoch * 1000)),
		}
		if got := sent.String(); got != "a=b; expires="+want.Text+"; Max-Age=0" {
			t.Errorf("got %s, want %s", got, want.Text)
		}
	})
}
