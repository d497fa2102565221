package session_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/cookiestore"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// TestCookiesOfOthersStay: the manager sends its own cookie beside those that a handler
// sets for other paths and domains, and not at all if the handler sets the very same one.
func TestCookiesOfOthersStay(t *testing.T) {
	acts := map[string]http.HandlerFunc{
		"nothing": func(http.ResponseWriter, *http.Request) {},
		"read":    func(_ http.ResponseWriter, r *http.Request) { session.From(r).Has("a") },
		"write":   func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("b", 1) },
		"rotate":  rotate,
		"flush":   func(_ http.ResponseWriter, r *http.Request) { session.From(r).Flush() },
		"expiry":  func(_ http.ResponseWriter, r *http.Request) { session.From(r).SetExpiry(time.Hour) },
	}
	for _, c := range []struct {
		options cookie.Options
		line    string
		same    bool
	}{
		{cookie.Options{}, "sessionid=; Max-Age=0; Path=/; Domain=example.com", false},
		{cookie.Options{}, "sessionid=; Max-Age=0; Path=/old", false},
		{cookie.Options{}, "sessionid=; Max-Age=0", false}, // whose path is /a
		{cookie.Options{}, "sessionid2=x; Path=/", false},
		{cookie.Options{}, "Sessionid=x; Path=/", false},
		{cookie.Options{}, "sessionid=of-another; Path=/", true},
		{cookie.Options{}, "sessionid=of-another; HttpOnly; path=/ ;SameSite=Lax", true},
		{cookie.Options{}, " sessionid =x;Domain=;Path=x;Path=/", true},
		{cookie.Options{Path: "/a"}, "sessionid=x", true},
		{cookie.Options{Domain: "example.com"}, "sessionid=x; Path=/", false},
		{cookie.Options{Domain: "example.com"}, "sessionid=x; domain=.EXAMPLE.com; Path=/", true},
		{cookie.Options{Domain: ".example.com"}, "sessionid=x; Domain=example.com; Path=/", true},
	} {
		for name, act := range acts {
			for _, key := range []string{"", "live", "dead", "short"} {
				m := noerror.In(session.New(memstore.New(), &session.Options{Cookie: c.options, Logger: quiet}))
				switch key {
				case "live":
					key = login(m)
				case "dead":
					key = validKey
				}
				run := func(own bool) []string {
					r := httptest.NewRequest("GET", "https://www.example.com/a/b", nil)
					if key != "" {
						r.Header.Set("Cookie", "sessionid="+key)
					}
					w := httptest.NewRecorder()
					m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						if own {
							w.Header().Add("Set-Cookie", c.line)
						}
						act(w, r)
					})).ServeHTTP(w, r)
					return w.Result().Header["Set-Cookie"]
				}
				lines := run(true)
				if !slices.Contains(lines, c.line) || c.same && len(lines) != 1 {
					t.Errorf("%v, %s with %q: %q became %q", c.options, name, key, c.line, lines)
				}
				if key == "" && !c.same {
					if want := len(run(false)) + 1; len(lines) != want {
						t.Errorf("%v, %s: %q became %q", c.options, name, c.line, lines)
					}
				}
			}
		}
	}
}

// TestCookieOfAnUpstreamStays: Django behind a reverse proxy logs its visitor in, and the
// handlers around the proxy do what they like with the session that the cookie named.
func TestCookieOfAnUpstreamStays(t *testing.T) {
	for name, around := range map[string]func(s *session.Session){
		"ignores": nil,
		"reads":   func(s *session.Session) { s.Has("a") },
		"writes":  func(s *session.Session) { s.Set("seen", 1) },
		"rotates": func(s *session.Session) { s.CycleKey() },
	} {
		for _, every := range []bool{false, true} {
			for _, visitor := range []string{"new", "known", "stale"} {
				var log bytes.Buffer
				store := newSpy()
				m := noerror.In(session.New(store, &session.Options{
					Logger: textLogger(&log), SaveEveryRequest: every, RefreshInterval: -1,
				}))
				upstreams := noerror.In(session.New(store, &session.Options{Cookie: cookie.Options{Secure: cookie.SecureNeverUnsafe}}))
				upstream := httptest.NewServer(upstreams.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					s := session.From(r)
					s.CycleKey()
					s.Set("user", "john_doe")
					http.Redirect(w, r, "/", http.StatusFound)
				})))
				target, _ := url.Parse(upstream.URL)
				proxy := httputil.NewSingleHostReverseProxy(target)
				key := map[string]string{"stale": validKey}[visitor]
				if visitor == "known" {
					key = login(m)
				}
				resp := request(m, key, func(w http.ResponseWriter, r *http.Request) {
					if around != nil {
						around(session.From(r))
					}
					proxy.ServeHTTP(w, r)
				})
				upstream.Close()
				about := fmt.Sprintf("%s, every %t, %s", name, every, visitor)
				if lines := resp.Header["Set-Cookie"]; len(lines) != 1 || resp.StatusCode != http.StatusFound {
					t.Errorf("%s: %s, %q", about, resp.Status, lines)
					continue
				}
				user := ""
				request(upstreams, keyOf(resp), func(_ http.ResponseWriter, r *http.Request) {
					user = session.Item[string]("user").Get(session.From(r), "")
				})
				if user != "john_doe" || len(store.records()) != 1 {
					t.Errorf("%s: %q is logged in, %d records", about, user, len(store.records()))
				}
				wrote := name == "writes" || name == "rotates"
				if lost := strings.Count(log.String(), "level=WARN"); lost != 0 && !wrote || wrote && lost != 1 {
					t.Errorf("%s: logged %q", about, &log)
				}
			}
		}
	}
}

// several sends a request with several cookies of one name.
func several(m *session.Manager, h http.HandlerFunc, keys ...string) *http.Response {
	r := httptest.NewRequest("GET", "https://example.com/", nil)
	for i, key := range keys {
		keys[i] = "sessionid=" + key
	}
	r.Header.Set("Cookie", strings.Join(keys, "; "))
	w := httptest.NewRecorder()
	m.Handler(h).ServeHTTP(w, r)
	return w.Result()
}

// TestFirstLiveCookieCounts, from the last to the first; four are looked up.
func TestFirstLiveCookieCounts(t *testing.T) {
	store := newSpy()
	m := noerror.In(session.New(store, nil))
	named := func(n int) string {
		return keyOf(request(m, "", func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("a", n) }))
	}
	one, two := named(1), named(2)
	dead := make([]string, 5)
	for i := range dead {
		dead[i] = session.NewKey()
	}
	for _, c := range []struct {
		keys    []string
		want    string
		lookups int
	}{
		{[]string{one, two}, "2", 1},
		{[]string{two, one}, "1", 1},
		{[]string{one, dead[0]}, "1", 2},
		{[]string{two, one, dead[0], dead[1]}, "1", 3},
		{[]string{one, dead[0], dead[1], dead[2]}, "1", 4},
		{[]string{one, dead[0], dead[1], dead[2], dead[3]}, "0", 4},
		{[]string{one, "short", "", strings.Repeat("x", 5000), `"`, "ABC", `"quoted"`, "x;y=z"}, "1", 1},
	} {
		before := len(store.calls())
		resp := several(m, reading, slices.Clone(c.keys)...)
		if got := readAll(t, resp.Body); got != c.want || len(store.calls())-before != c.lookups {
			t.Errorf("%q: session %s, want %s; %d lookups, want %d", c.keys, got, c.want,
				len(store.calls())-before, c.lookups)
		}
		if lines := resp.Header["Set-Cookie"]; lines != nil {
			t.Errorf("%q: %q", c.keys, lines)
		}
	}
}

// TestLogoutEndsTheSessionsOfAllCookies of the name, up to four.
func TestLogoutEndsTheSessionsOfAllCookies(t *testing.T) {
	for live := range 6 {
		for dead := range 3 {
			store := newSpy()
			m := noerror.In(session.New(store, nil))
			var keys []string
			for range live {
				keys = append(keys, login(m))
			}
			for range dead {
				keys = append(keys, session.NewKey())
			}
			resp := several(m, func(_ http.ResponseWriter, r *http.Request) { session.From(r).Flush() },
				append(slices.Clone(keys), "short")...)
			ended := min(live, 4-dead)
			if got := len(store.records()); got != live-ended || resp.StatusCode != 200 {
				t.Errorf("%d live, %d dead: %s, %d are left, want %d", live, dead, resp.Status, got, live-ended)
			}
			if lines := resp.Header["Set-Cookie"]; len(lines) != 1 || !strings.Contains(lines[0], "Max-Age=0") {
				t.Errorf("%d live, %d dead: %q", live, dead, lines)
			}
		}
	}
}

// TestKeyInAHeaderDoesNotMindCookies of the session's name.
func TestKeyInAHeaderDoesNotMindCookies(t *testing.T) {
	m := byHeaderOrCookie(t, memstore.New())
	h := visit(m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "sessionid=old; Max-Age=0; Path=/")
		session.From(r).Set("name", "api")
	})), "Authorization: Bearer")
	if name, _ := namedBy(m, "Authorization: Bearer "+h.Get(session.KeyHeader)); name != "api" || len(h["Set-Cookie"]) != 1 {
		t.Errorf("%q, %v", name, h)
	}
}

// TestBearerDoesNotLookAtOtherCookies.
func TestBearerDoesNotLookAtOtherCookies(t *testing.T) {
	m := byHeaderOrCookie(t, memstore.New())
	h := visit(m.Handler(setName("page")))
	line, _, _ := strings.Cut(h.Get("Set-Cookie"), ";")
	if name, _ := namedBy(m, "Cookie: "+line, "Authorization: Bearer "+validKey); name != "" {
		t.Errorf("%q", name)
	}
	if name, _ := namedBy(m, "Cookie: "+line+"; sessionid="+validKey); name != "page" {
		t.Errorf("by cookies: %q", name)
	}
}

// TestLogoutWithACookieThatHasMoved: the cookie of another domain, or path, names a key
// from before a rotation. The logout has worked if the session that moved has ended, in
// this request or before, and has not if it lives on.
func TestLogoutWithACookieThatHasMoved(t *testing.T) {
	logout := func(_ http.ResponseWriter, r *http.Request) { session.From(r).Flush() }
	for name, status := range map[string]int{
		"to the other, sent first":    200,
		"to the other, sent last":     200,
		"twice, to the other":         200,
		"to one that ended":           200,
		"elsewhere, sent first":       400,
		"elsewhere, sent last":        400,
		"elsewhere, after the logout": 400,
	} {
		store := newSpy()
		m := noerror.In(session.New(store, &session.Options{Logger: quiet}))
		old := login(m)
		moved, live := "", login(m)
		if !strings.HasSuffix(name, "after the logout") {
			moved = keyOf(request(m, old, rotate))
		}
		switch {
		case strings.Contains(name, "to the other"):
			request(m, live, logout)
			live = moved
		case name == "to one that ended":
			request(m, moved, logout)
		}
		if strings.HasPrefix(name, "twice") {
			live = keyOf(request(m, live, rotate))
		}
		keys := []string{old, live}
		if strings.HasSuffix(name, "last") {
			slices.Reverse(keys)
		}
		resp := several(m, func(w http.ResponseWriter, r *http.Request) {
			logout(w, r)
			if strings.HasSuffix(name, "after the logout") {
				request(m, old, rotate)
			}
		}, keys...)
		if left := len(store.records()); resp.StatusCode != status || left > 0 != (status == 400) || alive(t, m, live) {
			t.Errorf("%s: %s, %d sessions are left", name, resp.Status, left)
		}
	}
}

// TestKeyThatIsNotSentIsLogged: the handler has saved a session, and then sets the cookie
// itself.
func TestKeyThatIsNotSentIsLogged(t *testing.T) {
	for _, rotates := range []bool{false, true} {
		var log bytes.Buffer
		m := noerror.In(session.New(memstore.New(), &session.Options{Logger: textLogger(&log)}))
		key := ""
		if rotates {
			key = login(m)
		}
		request(m, key, func(w http.ResponseWriter, r *http.Request) {
			s := session.From(r)
			s.CycleKey()
			if err := s.Save(r.Context()); err != nil {
				t.Error(err)
			}
			w.Header().Add("Set-Cookie", "sessionid=of-another; Path=/")
		})
		if n := strings.Count(log.String(), "new key is not sent"); n != 1 {
			t.Errorf("rotates %t: logged %s", rotates, &log)
		}
	}
}

// TestRefreshBesideAnotherCookieIsSilent, where each save changes the cookie: there is
// nothing to lose.
func TestRefreshBesideAnotherCookieIsSilent(t *testing.T) {
	var log bytes.Buffer
	store := noerror.In(cookiestore.New(secrettest.Keys("a secret"), nil))
	m := noerror.In(session.New(store, &session.Options{
		SaveEveryRequest: true, RefreshInterval: -1, Logger: textLogger(&log),
	}))
	resp := request(m, login(m), func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Add("Set-Cookie", "sessionid=of-another; Path=/")
	})
	if len(resp.Header["Set-Cookie"]) != 1 || log.Len() > 0 {
		t.Errorf("%v, logged %s", resp.Header, &log)
	}
}

// TestNoHintOfACookieForAKeyInAHeader.
func TestNoHintOfACookieForAKeyInAHeader(t *testing.T) {
	var log bytes.Buffer
	m := noerror.In(session.New(memstore.New(), &session.Options{
		Transport: session.Bearer(noerror.In(session.Cookies(nil))), Logger: textLogger(&log),
	}))
	r := httptest.NewRequest("POST", "http://192.168.1.5/", nil)
	r.Header.Set("Authorization", "Bearer")
	w := httptest.NewRecorder()
	m.Handler(setName("x")).ServeHTTP(w, r)
	if w.Header().Get(session.KeyHeader) == "" || log.Len() > 0 {
		t.Errorf("%v, logged %s", w.Header(), &log)
	}
}
