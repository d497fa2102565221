package reset_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth/reset"
	"github.com/jamsession/jamsession/auth/token"
	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// TestLinkUnderStrict: a browser that has kept the cookie back asks once more, and its
// session is left alone until then.
func TestLinkUnderStrict(t *testing.T) {
	s := newSite(t)
	id, tok := s.link(t)
	for _, c := range []struct {
		why              string
		sameSite         http.SameSite
		secFetch, cookie string
		location, goesOn string
		stored           bool
	}{
		{"Lax", http.SameSiteLaxMode, "cross-site", "", "/app/reset/set-password/", "", true},
		{"a click in a web mail", http.SameSiteStrictMode, "cross-site", "", "", "/reset/x/?a=b&amp;again", false},
		{"the second time", http.SameSiteStrictMode, "same-origin", "", "/app/reset/set-password/", "", true},
		{"the second time in a sandbox", http.SameSiteStrictMode, "cross-site", "", "/app/reset/set-password/", "", true},
		{"a mail program", http.SameSiteStrictMode, "none", "", "/app/reset/set-password/", "", true},
		{"a sibling", http.SameSiteStrictMode, "same-site", "", "/app/reset/set-password/", "", true},
		{"a cookie all the same", http.SameSiteStrictMode, "cross-site", "x", "/app/reset/set-password/", "", true},
		{"an old browser", http.SameSiteStrictMode, "", "", "", "../set-password/", true},
	} {
		store := memstore.New()
		sessions := noerror.In(session.New(store, &session.Options{Cookie: cookie.Options{SameSite: c.sameSite}}))
		r := httptest.NewRequest("GET", "/app/reset/x/?a=b", nil)
		if strings.HasPrefix(c.why, "the second time") {
			r = httptest.NewRequest("GET", "/app/reset/x/?a=b&again", nil)
		}
		if c.secFetch != "" {
			r.Header.Set("Sec-Fetch-Site", c.secFetch)
		}
		if c.cookie != "" {
			r.Header.Set("Cookie", "sessionid="+c.cookie)
		}
		w := httptest.NewRecorder()
		sessions.Handler(http.StripPrefix("/app", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Referrer-Policy", "same-origin")
			user, moved, err := s.resets.Open(r, id, tok)
			if err != nil || !moved || user.Username != "alice" {
				t.Errorf("%s: %v, moved %t", c.why, err, moved)
			}
			reset.Redirect(w, r, "../"+reset.KeptToken+"/")
		}))).ServeHTTP(w, r)
		stored := false
		for _, err := range session.List(t.Context(), store) {
			stored = err == nil
		}
		if w.Header().Get("Location") != c.location || stored != c.stored {
			t.Errorf("%s: %d to %q, stored %t", c.why, w.Code, w.Header().Get("Location"), stored)
		}
		if c.location != "" {
			continue
		}
		goesOn := strings.Replace(c.goesOn, "/reset", "/app/reset", 1)
		if !strings.Contains(w.Body.String(), `content="0; url=`+goesOn+`"`) || w.Code != http.StatusOK ||
			w.Header().Get("Referrer-Policy") != "no-referrer" || strings.Contains(w.Body.String(), "<script") ||
			!strings.Contains(w.Header().Get("Cache-Control"), "no-store") {
			t.Errorf("%s: %d %v %s", c.why, w.Code, w.Header(), w.Body)
		}
	}
}

// TestBadLinkUnderStrict is bad at once.
func TestBadLinkUnderStrict(t *testing.T) {
	s := newSite(t)
	id, tok := s.link(t)
	sessions := noerror.In(session.New(memstore.New(), &session.Options{
		Cookie: cookie.Options{SameSite: http.SameSiteStrictMode},
	}))
	for _, link := range [][2]string{{id, tok + "x"}, {"x", tok}, {id, reset.KeptToken}} {
		r := httptest.NewRequest("GET", "http://example.com/reset/", nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		sessions.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if _, moved, err := s.resets.Open(r, link[0], link[1]); moved || err == nil {
				t.Errorf("%v: moved %t, %v", link, moved, err)
			}
		})).ServeHTTP(httptest.NewRecorder(), r)
	}
}

// TestAddressIsNotMarkup on the page that goes on.
func TestAddressIsNotMarkup(t *testing.T) {
	s := newSite(t)
	id, tok := s.link(t)
	sessions := noerror.In(session.New(memstore.New(), &session.Options{
		Cookie: cookie.Options{SameSite: http.SameSiteStrictMode},
	}))
	for target, want := range map[string]string{
		`/reset/?"><script>alert(1)</script>`: "", "//evil.example/reset": "url=/%2Fevil.example/reset",
	} {
		r := httptest.NewRequest("GET", "http://example.com/", nil)
		r.RequestURI = target
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		w := httptest.NewRecorder()
		sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _, _ = s.resets.Open(r, id, tok)
			reset.Redirect(w, r, "../x/")
		})).ServeHTTP(w, r)
		if strings.Contains(w.Body.String(), "<script") || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %s", target, w.Body)
		}
	}
}

func TestURLIsWrittenInPunycode(t *testing.T) {
	s := newSite(t)
	_, err := reset.New(s.logins, s.users, noerror.In(token.New(keys, nil)), s.box, &reset.Options{
		URL: "https://bücher.example/reset/{id}/{token}/",
	})
	if err == nil || !strings.Contains(err.Error(), "write punycode: https://xn--bcher-kva.example/reset/") {
		t.Errorf("got %v", err)
	}
}
