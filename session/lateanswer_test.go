package session_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// rotate stands for a login, or a change of the password.
var rotate = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { session.From(r).CycleKey() })

// TestLateAnswersDoNotUndoALogin: a request that was sent with the old key, and is answered
// after a rotation or after a logout, does not touch the cookie, whatever it does with its
// session and whenever it loads it.
func TestLateAnswersDoNotUndoALogin(t *testing.T) {
	type handler = func(s *session.Session)
	for name, work := range map[string]handler{
		"nothing": nil,
		"reads":   func(s *session.Session) { s.Has("a") },
		"key":     func(s *session.Session) { s.Key() },
		"clears":  func(s *session.Session) { s.Clear() },
		"deletes": func(s *session.Session) { s.Delete("a", "b") },
		"writes":  func(s *session.Session) { s.Set("seen", true) },
		"updates": func(s *session.Session) {
			session.Item[int]("n").Update(s, 0, func(n int) int { return n + 1 })
		},
	} {
		for _, o := range []session.Options{
			{},
			{SaveEveryRequest: true},
			{SaveEveryRequest: true, RefreshInterval: -1},
			{IdleTimeout: time.Hour},
			{ExpireAtBrowserClose: true},
			{HashKeys: true},
			{AbsoluteTimeout: time.Hour},
		} {
			for _, ended := range []bool{false, true} {
				for _, loadsFirst := range []bool{false, true} {
					o.Logger = quiet
					m := noerror.In(session.New(memstore.New(), &o))
					key := login(m)
					resp := request(m, key, func(_ http.ResponseWriter, r *http.Request) {
						if loadsFirst {
							session.From(r)
						}
						if ended {
							request(m, key, func(_ http.ResponseWriter, r *http.Request) { session.From(r).Flush() })
						} else {
							request(m, key, rotate)
						}
						if work != nil {
							work(session.From(r))
						}
					})
					about := fmt.Sprintf("%s, %+v, ended %t, loads first %t", name, o, ended, loadsFirst)
					if cookies := resp.Header["Set-Cookie"]; cookies != nil {
						t.Errorf("%s: %q", about, cookies)
					}
					wrote := name == "writes" || name == "updates"
					if (name == "clears" || name == "deletes") && loadsFirst {
						wrote = true // and else there is nothing to change
					}
					if resp.StatusCode == http.StatusOK == wrote {
						t.Errorf("%s: %s", about, resp.Status)
					}
				}
			}
		}
	}
}

// TestAnswerOfASaveBeforeTheLoginLeavesItsCookie: it was saved before the login and arrives
// after it. The browser has the key already, and is not sent it again.
func TestAnswerOfASaveBeforeTheLoginLeavesItsCookie(t *testing.T) {
	m := noerror.In(session.New(memstore.New(), nil))
	key := login(m)
	late := request(m, key, func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("b", 1) })
	if keyOf(request(m, key, rotate)) == "" || late.StatusCode != 200 || late.Header["Set-Cookie"] != nil {
		t.Errorf("%s, %v", late.Status, late.Header)
	}
}

// TestDepartedKeysAreForgotten: a visitor whose answer was lost is not kept out for long.
func TestDepartedKeysAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := noerror.In(session.New(memstore.New(), &session.Options{Logger: quiet}))
		key := login(m)
		request(m, key, rotate)
		write := func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("a", 1) }
		if resp := request(m, key, write); resp.StatusCode != http.StatusBadRequest || keyOf(resp) != "" {
			t.Errorf("at once: %s", resp.Status)
		}
		if resp := request(m, key, rotate); resp.StatusCode != http.StatusOK || keyOf(resp) == "" {
			t.Errorf("a login at once: %s", resp.Status)
		}
		time.Sleep(15 * time.Second)
		if resp := request(m, key, write); resp.StatusCode != http.StatusOK || keyOf(resp) == "" {
			t.Errorf("a while later: %s", resp.Status)
		}
		key = login(m)
		if err := m.Delete(t.Context(), key); err != nil { // the browser keeps its cookie
			t.Fatal(err)
		}
		if resp := request(m, key, write); resp.StatusCode != http.StatusOK || keyOf(resp) == "" {
			t.Errorf("a session that was ended elsewhere: %s", resp.Status)
		}
	})
}

// TestDepartedKeysAreBounded in number: the oldest give way.
func TestDepartedKeysAreBounded(t *testing.T) {
	m := noerror.In(session.New(memstore.New(), &session.Options{Logger: quiet}))
	first := login(m)
	request(m, first, rotate)
	key := login(m)
	for range 1023 {
		key = keyOf(request(m, key, rotate))
	}
	write := func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("a", 1) }
	if resp := request(m, first, write); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("after 1024 rotations: %s", resp.Status)
	}
	request(m, key, rotate)
	if resp := request(m, first, write); resp.StatusCode != http.StatusOK {
		t.Errorf("after 1025 rotations: %s", resp.Status)
	}
}

// TestCookieIsProlongedInTime: for a visitor who comes every day, the browser never forgets
// a session that lives on, and no request sends a cookie without need.
func TestCookieIsProlongedInTime(t *testing.T) {
	const day = 24 * time.Hour
	visits := map[string]http.HandlerFunc{
		"reads":  func(_ http.ResponseWriter, r *http.Request) { session.From(r).Has("a") },
		"writes": func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("day", time.Now().Unix()) },
	}
	for _, o := range []session.Options{
		{SaveEveryRequest: true},
		{CookieAge: 365 * day, SaveEveryRequest: true},
		{CookieAge: 20 * 365 * day, SaveEveryRequest: true},
		{CookieAge: 20 * 365 * day, SaveEveryRequest: true, RefreshInterval: 500 * day},
		{CookieAge: 20 * 365 * day, IdleTimeout: 10 * 365 * day},
	} {
		for name, visit := range visits {
			synctest.Test(t, func(t *testing.T) {
				m := noerror.In(session.New(memstore.New(), &o))
				var key string
				var forgotten time.Time
				sent := 0
				keep := func(resp *http.Response) {
					for _, c := range resp.Cookies() {
						sent++
						key = c.Value
						forgotten = time.Now().Add(min(time.Duration(c.MaxAge)*time.Second, 400*day))
					}
				}
				keep(request(m, "", func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("a", 1) }))
				for days := range 900 {
					time.Sleep(day)
					if !time.Now().Before(forgotten) {
						t.Fatalf("%s, %v: the browser forgot the session on day %d", name, o, days)
					}
					keep(request(m, key, visit))
				}
				if !alive(t, m, key) || sent > 900 || o.CookieAge > 0 && sent > 40 {
					t.Errorf("%s, %v: alive %t, %d cookies", name, o, alive(t, m, key), sent)
				}
			})
		}
	}
}

// TestOwnExpiryIsSentAtOnce, whatever else the save changes.
func TestOwnExpiryIsSentAtOnce(t *testing.T) {
	m := noerror.In(session.New(memstore.New(), nil))
	key := login(m)
	for _, c := range []struct {
		set  func(s *session.Session)
		want string
	}{
		{func(s *session.Session) { s.SetExpiry(time.Hour) }, "; Max-Age=3600;"},
		{func(s *session.Session) { s.ExpireAtBrowserClose() }, ""},
		{func(s *session.Session) { s.ResetExpiry() }, "; Max-Age=1209600;"},
	} {
		resp := request(m, key, func(_ http.ResponseWriter, r *http.Request) { c.set(session.From(r)) })
		line := resp.Header.Get("Set-Cookie")
		if keyOf(resp) != key || !strings.Contains(line, c.want) || c.want == "" && strings.Contains(line, "Max-Age") {
			t.Errorf("%q, want %q", line, c.want)
		}
	}
}

// TestTwoLogouts of one session at the same moment: both say so if the session is dead for
// certain, and a session that may have moved is never called ended.
func TestTwoLogouts(t *testing.T) {
	logout := func(_ http.ResponseWriter, r *http.Request) { session.From(r).Flush() }
	const removal = `sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax`
	for _, c := range []struct {
		name         string
		otherProcess bool
		first        http.HandlerFunc
		status       int
	}{
		{"one process", false, logout, http.StatusOK},
		{"two processes", true, logout, http.StatusBadRequest},
		{"moved here", false, rotate, http.StatusBadRequest},
		{"moved elsewhere", true, rotate, http.StatusBadRequest},
	} {
		store := memstore.New()
		m := noerror.In(session.New(store, &session.Options{Logger: quiet}))
		other := m
		if c.otherProcess {
			other = noerror.In(session.New(store, &session.Options{Logger: quiet}))
		}
		key := login(m)
		resp := request(m, key, func(_ http.ResponseWriter, r *http.Request) {
			session.From(r)
			request(other, key, c.first)
			session.From(r).Flush()
		})
		if lines := resp.Header["Set-Cookie"]; resp.StatusCode != c.status || len(lines) != 1 || lines[0] != removal {
			t.Errorf("%s: %s, %q", c.name, resp.Status, lines)
		}
		if c.otherProcess { // nothing tells a key that moved elsewhere from one that has expired
			continue
		}
		resp = request(m, key, logout)
		if lines := resp.Header["Set-Cookie"]; resp.StatusCode != c.status || len(lines) != 1 || lines[0] != removal {
			t.Errorf("%s, loaded afterwards: %s, %q", c.name, resp.Status, lines)
		}
	}
}

// TestChangeAfterTheRequestIsLogged, once, unless it is saved by hand.
func TestChangeAfterTheRequestIsLogged(t *testing.T) {
	for name, change := range map[string]func(s *session.Session){
		"Set":      func(s *session.Session) { s.Set("b", "hunter2") },
		"Delete":   func(s *session.Session) { s.Delete("a") },
		"Flush":    func(s *session.Session) { s.Flush() },
		"CycleKey": func(s *session.Session) { s.CycleKey() },
	} {
		for _, end := range []string{"", "answered", "panicked"} {
			var log bytes.Buffer
			m := noerror.In(session.New(memstore.New(), &session.Options{Logger: textLogger(&log)}))
			key := login(m)
			var s *session.Session
			func() {
				defer func() { _ = recover() }()
				request(m, key, func(w http.ResponseWriter, r *http.Request) {
					s = session.From(r)
					s.Set("c", 1)
					switch end {
					case "answered":
						fmt.Fprint(w, "page")
					case "panicked":
						panic("bug")
					}
				})
			}()
			if log.Len() > 0 {
				t.Fatalf("%s: logged %s", name, &log)
			}
			change(s)
			change(s)
			if n := strings.Count(log.String(), "after the request has ended"); n != 1 ||
				strings.Contains(log.String(), "hunter2") {
				t.Errorf("%s, %s: logged %q", name, end, &log)
			}
		}
	}
}

// TestHintOfASecureCookieOverHTTP: a login over plain HTTP does not last if the cookie is
// Secure, and the log says why, once.
func TestHintOfASecureCookieOverHTTP(t *testing.T) {
	for url, hint := range map[string]bool{
		"http://0.0.0.0:8000/": true, "http://192.168.1.5/": true, "http://10.0.0.1:80/": true,
		"http://[fd00::1]:8000/": true, "http://169.254.1.1/": true, "http://raspberry/": true,
		"http://printer.local:8000/": true,
		"http://localhost:8000/":     false, "http://127.0.0.1/": false, "http://[::1]/": false,
		"https://192.168.1.5/": false, "http://example.com/": false, "http://203.0.113.1/": false,
	} {
		var log bytes.Buffer
		m := noerror.In(session.New(memstore.New(), &session.Options{Logger: textLogger(&log)}))
		for range 3 {
			r := httptest.NewRequest("POST", url, nil)
			m.Handler(setName("x")).ServeHTTP(httptest.NewRecorder(), r)
		}
		if n := strings.Count(log.String(), "the cookie is Secure"); n == 1 != hint || n > 1 {
			t.Errorf("%s: logged %q", url, &log)
		}
	}
	var log bytes.Buffer
	m := noerror.In(session.New(memstore.New(), &session.Options{Logger: textLogger(&log)}))
	r := httptest.NewRequest("POST", "http://192.168.1.5/", nil)
	r.Header.Set("X-Forwarded-Proto", "https")
	m.Handler(setName("x")).ServeHTTP(httptest.NewRecorder(), r)
	if log.Len() > 0 {
		t.Errorf("behind a proxy: logged %q", &log)
	}
}
