package httpcache_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/jamsession/jamsession/internal/httpcache"
)

func TestAddVary(t *testing.T) {
	for _, c := range []struct {
		about  string
		before []string
		want   []string
	}{
		{"none", nil, []string{"Cookie"}},
		{"empty, where Django 5.2 writes a comma", []string{""}, []string{"Cookie"}},
		{"other", []string{"Accept"}, []string{"Accept, Cookie"}},
		{"there in another case", []string{"Accept,cOOKIE"}, []string{"Accept,cOOKIE"}},
		{"part of a name is another name", []string{"Cookies, X-Cookie"}, []string{"Cookies, X-Cookie, Cookie"}},
		{"several lines become one", []string{"Accept", "Origin"}, []string{"Accept, Origin, Cookie"}},
		{"there in a second line", []string{"Accept", "cookie"}, []string{"Accept", "cookie"}},
		{"star", []string{"*"}, []string{"*"}},
		{"star in a list", []string{"Accept, *"}, []string{"*"}},
		{"star in a second line", []string{"Cookie", " * "}, []string{"*"}},
	} {
		t.Run(c.about, func(t *testing.T) {
			h := http.Header{}
			if c.before != nil {
				h["Vary"] = c.before
			}
			for range 2 { // the second time changes nothing
				httpcache.AddVary(h, "Cookie")
				if got := h["Vary"]; !slices.Equal(got, c.want) {
					t.Errorf("got %q, want %q", got, c.want)
				}
			}
		})
	}
}
