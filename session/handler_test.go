package session_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// request runs one request through a manager and returns the response.
func request(m *session.Manager, key string, h http.HandlerFunc) *http.Response {
	r := httptest.NewRequest("GET", "/", nil)
	if key != "" {
		r.Header.Set("Cookie", "sessionid="+key)
	}
	w := httptest.NewRecorder()
	m.Handler(h).ServeHTTP(w, r)
	return w.Result()
}

// keyOf returns the key in the response's cookie, or "" if it sets none.
func keyOf(resp *http.Response) string {
	for _, c := range resp.Cookies() {
		if c.Name == "sessionid" {
			return strings.Trim(c.Value, `"`)
		}
	}
	return ""
}

func TestUntouchedCostsNothing(t *testing.T) {
	spy := newSpy()
	m := noerror.In(session.New(spy, nil))
	for _, key := range []string{"", session.NewKey()} {
		resp := request(m, key, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "page") })
		if len(resp.Header["Set-Cookie"])+len(resp.Header["Vary"])+len(resp.Header["Cache-Control"]) > 0 {
			t.Errorf("cookie %v: headers %v", key != "", resp.Header)
		}
	}
	if len(spy.calls()) > 0 {
		t.Errorf("the store was called: %v", spy.calls())
	}
}

func TestUnknownKeyIsNeverAdopted(t *testing.T) {
	store := newSpy()
	m := noerror.In(session.New(store, nil))
	planted := session.NewKey()
	for range 100 {
		request(m, session.NewKey(), reading)
	}
	resp := request(m, planted, func(w http.ResponseWriter, r *http.Request) {
		session.From(r).Set("uid", 7)
	})
	if key := keyOf(resp); key == planted || key == "" {
		t.Errorf("the planted key was adopted, or no key was sent: %v", resp.Header)
	}
	if n := len(store.records()); n != 1 {
		t.Errorf("%d records, want the one that was written", n)
	}
}

func TestA13HostileKeysNeverReachTheStore(t *testing.T) {
	spy := newSpy()
	m := noerror.In(session.New(spy, &session.Options{Logger: quiet}))
	for _, key := range []string{
		"../../../../etc/passwd", `"; DROP TABLE django_session; --`, strings.Repeat("A", 32),
		"abcdefghijklmnopqrstuvwxyzabcde\x00", strings.Repeat("a", 41), strings.Repeat("a", 1<<20),
		"аbcdefghijklmnopqrstuvwxyz012345", "con", "aaaaaaaa\\bbbbbbbb", "aaaaaaaaaaaa:bbbbbbb",
	} {
		request(m, key, reading)
		if err := m.Delete(t.Context(), key); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("%.40q: Delete: %v", key, err)
		}
		if s, err := m.ByKey(t.Context(), key); err != nil || len(s.Names()) > 0 {
			t.Errorf("%.40q: Load: %v", key, err)
		}
	}
	if len(spy.calls()) > 0 {
		t.Errorf("the store was called: %v", spy.calls())
	}
}

// TestErrorPagesAreNotStored: nor does a header for the page that they replace
// make a cache keep them.
func TestErrorPagesAreNotStored(t *testing.T) {
	m := noerror.In(session.New(newSpy(), &session.Options{Logger: quiet}))
	for err, status := range map[error]int{
		session.ErrUnavailable: 503, session.ErrInterrupted: 400, session.ErrTooLarge: 500,
	} {
		resp := request(m, "", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=60")
			session.Abort(r, err)
		})
		if got := resp.Header.Values("Cache-Control"); resp.StatusCode != status || !slices.Equal(got, []string{"no-store"}) {
			t.Errorf("%v: %d with %q", err, resp.StatusCode, got)
		}
	}
}

func TestStoreDownIsNotAnonymous(t *testing.T) {
	handlers := map[string]http.HandlerFunc{
		"From": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Set-Cookie", "handler=1")
			session.From(r)
			fmt.Fprint(w, "secret page")
		},
		"a recoverer that swallows": func(w http.ResponseWriter, r *http.Request) {
			defer func() { _ = recover() }()
			session.From(r)
		},
		"a recoverer that answers": func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				_ = recover()
				http.Error(w, "recovered", http.StatusTeapot)
			}()
			session.From(r)
		},
		"a recoverer that raises again": func(w http.ResponseWriter, r *http.Request) {
			defer func() { panic(recover()) }()
			session.From(r)
		},
		"a recoverer that answers and raises again": func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				v := recover()
				http.Error(w, "recovered", http.StatusTeapot)
				panic(v)
			}()
			session.From(r)
		},
	}
	for name, h := range handlers {
		t.Run(name, func(t *testing.T) {
			spy := newSpy()
			spy.breakOn("Load")
			m := noerror.In(session.New(spy, &session.Options{Logger: quiet}))
			server := httptest.NewServer(m.Handler(h))
			defer server.Close()
			req, _ := http.NewRequest("GET", server.URL, nil)
			req.Header.Set("Cookie", "sessionid="+session.NewKey())
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body := readAll(t, resp.Body)
			if resp.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("status %d, want 503", resp.StatusCode)
			}
			if len(resp.Header["Set-Cookie"]) > 0 || strings.Contains(body, "secret") || strings.Contains(body, "recovered") {
				t.Errorf("the handler's response leaked: %v %q", resp.Header, body)
			}
			if got := spy.calls(); !slices.Equal(got, []string{"Load"}) {
				t.Errorf("store calls %v, want one Load", got)
			}
		})
	}
}

func TestAbortReplacesTheResponse(t *testing.T) {
	store := newSpy()
	m := noerror.In(session.New(store, &session.Options{Logger: quiet}))
	resp := request(m, "", func(w http.ResponseWriter, r *http.Request) {
		session.From(r).Set("a", 1)
		session.Abort(r, fmt.Errorf("users: %w", session.ErrUnavailable))
	})
	if resp.StatusCode != http.StatusServiceUnavailable || len(store.records()) > 0 {
		t.Errorf("status %d, %d records", resp.StatusCode, len(store.records()))
	}
}

func TestLoadReturnsTheErrorOfTheStore(t *testing.T) {
	spy := newSpy()
	spy.breakOn("Load")
	m := noerror.In(session.New(spy, nil))
	resp := request(m, session.NewKey(), func(w http.ResponseWriter, r *http.Request) {
		for range 2 {
			s, err := session.Load(r)
			if s != nil || !errors.Is(err, session.ErrUnavailable) || !errors.Is(err, errDown) {
				t.Errorf("got %v, %v", s, err)
			}
		}
		fmt.Fprint(w, "public page")
	})
	if resp.StatusCode != 200 || len(spy.calls()) != 1 {
		t.Errorf("status %d after %v, want the handler's 200 after one Load", resp.StatusCode, spy.calls())
	}
}

func TestRequireLoadsBeforeTheHandlerRuns(t *testing.T) {
	spy := newSpy()
	spy.breakOn("Load")
	m := noerror.In(session.New(spy, &session.Options{Logger: quiet}))
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", "sessionid="+session.NewKey())
	ran := false
	h := m.Require(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { ran = true }))
	for name, h := range map[string]http.Handler{"alone": h, "inside Handler": m.Handler(h)} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if ran || w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s: ran %v, status %d", name, ran, w.Code)
		}
	}
	spy.breakOn()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if !ran || w.Code != 200 {
		t.Errorf("with a store: ran %v, status %d", ran, w.Code)
	}
}

func TestFailedSaveReplacesTheResponse(t *testing.T) {
	spy := newSpy()
	spy.breakOn("Create")
	m := noerror.In(session.New(spy, &session.Options{Logger: quiet}))
	resp := request(m, "", func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("ETag", `"1"`)
		h.Set("Content-Encoding", "gzip")
		h.Set("Content-Length", "3")
		h.Set("Location", "/next")
		h.Set("X-Accel-Redirect", "/internal/secret.pdf")
		h.Set("Refresh", "0")
		h.Set("Trailer", "X-Sum")
		h.Set("Surrogate-Control", "max-age=600")
		h.Set("Content-Security-Policy", "default-src 'self'")
		session.From(r).Set("a", 1)
		w.WriteHeader(http.StatusFound)
		if _, err := w.Write([]byte("abc")); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("Write returned %v", err)
		}
	})
	if resp.StatusCode != http.StatusServiceUnavailable || strings.Contains(readAll(t, resp.Body), "abc") {
		t.Errorf("status %d", resp.StatusCode)
	}
	for _, name := range []string{
		"ETag", "Content-Encoding", "Location", "Set-Cookie", "X-Accel-Redirect", "Refresh", "Trailer",
		"Surrogate-Control",
	} {
		if v := resp.Header.Get(name); v != "" {
			t.Errorf("%s: %s was left", name, v)
		}
	}
	if resp.Header.Get("Content-Security-Policy") == "" {
		t.Error("the security policy is gone")
	}
}

func TestErrorHandlerGetsTheReason(t *testing.T) {
	spy := newSpy()
	spy.breakOn("Create")
	m := noerror.In(session.New(spy, &session.Options{
		Logger: quiet,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if !errors.Is(err, session.ErrUnavailable) || r.URL.Path != "/" {
				t.Errorf("got %v for %s", err, r.URL.Path)
			}
			w.WriteHeader(http.StatusTeapot)
		},
	}))
	resp := request(m, "", func(w http.ResponseWriter, r *http.Request) { session.From(r).Set("a", 1) })
	if resp.StatusCode != http.StatusTeapot {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestFailedDeleteIsNotALogout(t *testing.T) {
	spy := newSpy()
	m := noerror.In(session.New(spy, &session.Options{Logger: quiet}))
	key := keyOf(request(m, "", func(w http.ResponseWriter, r *http.Request) { session.From(r).Set("uid", 7) }))
	spy.breakOn("Delete")
	resp := request(m, key, func(w http.ResponseWriter, r *http.Request) {
		session.From(r).Flush()
		fmt.Fprint(w, "logged out")
	})
	if resp.StatusCode != http.StatusServiceUnavailable || strings.Contains(readAll(t, resp.Body), "logged out") {
		t.Errorf("status %d: the visitor was told of a logout", resp.StatusCode)
	}
}

// TestLogoutIsOneWrite: the store is told to delete the record, and nothing else.
func TestLogoutIsOneWrite(t *testing.T) {
	spy := newSpy()
	m := noerror.In(session.New(spy, nil))
	key := keyOf(request(m, "", func(w http.ResponseWriter, r *http.Request) { session.From(r).Set("uid", 7) }))
	before := len(spy.calls())
	request(m, key, func(w http.ResponseWriter, r *http.Request) { session.From(r).Flush() })
	if calls := spy.calls()[before:]; !slices.Equal(calls, []string{"Load", "Delete"}) {
		t.Errorf("a logout called %v, want a Load and a Delete", calls)
	}
}

// A replyLosing store carries a deletion out, and does not say so.
type replyLosing struct {
	session.Store
	lost bool
}

func (s *replyLosing) Delete(ctx context.Context, key string) error {
	err := s.Store.Delete(ctx, key)
	if !s.lost {
		s.lost = true
		return errDown
	}
	return err
}

// TestOwnDeletionIsNotAnInterruption: a logout that is tried again, since the
// store did not answer, finds nothing. Nobody knows whether this request ended
// the session or a rotation moved it.
func TestOwnDeletionIsNotAnInterruption(t *testing.T) {
	m := noerror.In(session.New(&replyLosing{Store: memstore.New()}, &session.Options{Logger: quiet}))
	key := keyOf(request(m, "", func(w http.ResponseWriter, r *http.Request) { session.From(r).Set("uid", 7) }))
	resp := request(m, key, func(w http.ResponseWriter, r *http.Request) {
		s := session.From(r)
		s.Flush()
		if err := s.Save(r.Context()); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("Save returned %v", err)
		}
		if err := s.Save(r.Context()); !errors.Is(err, session.ErrUnavailable) || errors.Is(err, session.ErrInterrupted) {
			t.Errorf("the second Save returned %v", err)
		}
	})
	if resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503", resp.StatusCode)
	}
}

func TestFlushCountsWhateverTheStatus(t *testing.T) {
	for _, end := range []string{"500", "panic", "late"} {
		t.Run(end, func(t *testing.T) {
			store := memstore.New()
			m := noerror.In(session.New(store, nil))
			key := keyOf(request(m, "", func(w http.ResponseWriter, r *http.Request) { session.From(r).Set("uid", 7) }))
			func() {
				defer func() { _ = recover() }()
				request(m, key, func(w http.ResponseWriter, r *http.Request) {
					if end == "late" {
						fmt.Fprint(w, "begun")
					}
					session.From(r).Flush()
					switch end {
					case "500":
						w.WriteHeader(500)
					case "panic":
						panic("bug")
					}
				})
			}()
			if _, err := store.Load(t.Context(), key); !errors.Is(err, session.ErrNotFound) {
				t.Errorf("the session is still there: %v", err)
			}
		})
	}
}

func TestChangesOfAVisitorWhoLeftAreSaved(t *testing.T) {
	store := newSpy()
	m := noerror.In(session.New(store, nil))
	ctx, cancel := context.WithCancel(t.Context())
	r := httptest.NewRequestWithContext(ctx, "POST", "/", nil)
	m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session.From(r).Set("paid", true)
		cancel()
	})).ServeHTTP(httptest.NewRecorder(), r)
	if n := len(store.records()); n != 1 {
		t.Errorf("%d records, want 1", n)
	}
}

func TestCookieIsNeverPubliclyCacheable(t *testing.T) {
	for before, want := range map[string]string{
		"":                     "private, no-store",
		"public, max-age=3600": "private, no-store",
		"max-age=60":           "private, no-store",
		"private, max-age=60":  "private, no-store",
		"no-store":             "no-store",
	} {
		m := noerror.In(session.New(memstore.New(), nil))
		resp := request(m, "", func(w http.ResponseWriter, r *http.Request) {
			if before != "" {
				w.Header().Set("Cache-Control", before)
			}
			w.Header().Set("Vary", "Accept")
			session.From(r).Set("a", 1)
		})
		if got := resp.Header.Get("Cache-Control"); got != want {
			t.Errorf("Cache-Control %q became %q, want %q", before, got, want)
		}
		if got := strings.Join(resp.Header["Vary"], ", "); got != "Accept, Cookie" {
			t.Errorf("Vary: %q", got)
		}
	}
}

func TestSecureCookie(t *testing.T) {
	for _, c := range []struct {
		name, url string
		opts      session.Options
		want      bool
	}{
		{"plain HTTP to loopback", "http://127.0.0.1:8000/", session.Options{}, false},
		{"plain HTTP to localhost", "http://localhost/", session.Options{}, false},
		{"plain HTTP to a host, as behind a proxy", "http://example.com/", session.Options{}, true},
		{"HTTPS", "https://localhost/", session.Options{}, true},
		{"always", "http://localhost/", session.Options{Cookie: cookie.Options{Secure: cookie.SecureAlways}}, true},
		{"never", "https://example.com/", session.Options{Cookie: cookie.Options{Secure: cookie.SecureNeverUnsafe}}, false},
		{"prefixed", "http://localhost/", session.Options{Cookie: cookie.Options{Name: "__Host-sid"}}, true},
	} {
		m := noerror.In(session.New(memstore.New(), &c.opts))
		w := httptest.NewRecorder()
		m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			session.From(r).Set("a", 1)
		})).ServeHTTP(w, httptest.NewRequest("GET", c.url, nil))
		if got := strings.Contains(w.Header().Get("Set-Cookie"), "; Secure"); got != c.want {
			t.Errorf("%s: Secure is %v: %s", c.name, got, w.Header().Get("Set-Cookie"))
		}
	}
}

func TestScriptableCookie(t *testing.T) {
	for scriptable, want := range map[bool]bool{false: true, true: false} {
		m := noerror.In(session.New(memstore.New(), &session.Options{Cookie: cookie.Options{Scriptable: scriptable}}))
		resp := request(m, "", func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("a", 1) })
		if got := resp.Cookies()[0].HttpOnly; got != want {
			t.Errorf("Scriptable %v: HttpOnly is %v", scriptable, got)
		}
	}
}

// TestFlushGivesUpTheKey at once, before the record is deleted.
func TestFlushGivesUpTheKey(t *testing.T) {
	m := noerror.In(session.New(memstore.New(), nil))
	key := keyOf(request(m, "", func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("a", 1) }))
	request(m, key, func(_ http.ResponseWriter, r *http.Request) {
		s := session.From(r)
		s.Flush()
		if s.Key() != "" || s.Fingerprint() != "new" {
			t.Errorf("after Flush: the key %q, the fingerprint %s", s.Key(), s.Fingerprint())
		}
	})
}

// TestFlushUndoesCycleKey: nothing is left that would need a key.
func TestFlushUndoesCycleKey(t *testing.T) {
	store := newSpy()
	m := noerror.In(session.New(store, nil))
	key := keyOf(request(m, "", func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("a", 1) }))
	request(m, key, func(_ http.ResponseWriter, r *http.Request) {
		session.From(r).CycleKey()
		session.From(r).Flush()
	})
	if n := len(store.records()); n != 0 {
		t.Errorf("%d records", n)
	}
}

func TestContradictingOptionsAreAnError(t *testing.T) {
	for field, list := range map[string][]session.Options{
		"Options.Cookie": {
			{Cookie: cookie.Options{Name: "my session"}},
			{Cookie: cookie.Options{Name: "__Host-sid", Domain: "example.com"}},
			{Cookie: cookie.Options{Domain: "example.com:8000"}},
		},
		"Options.CookieAge":       {{CookieAge: -1}},
		"Options.IdleTimeout":     {{IdleTimeout: -1}},
		"Options.AbsoluteTimeout": {{AbsoluteTimeout: -1}},
		"Options.Timeout":         {{Timeout: -1}},
	} {
		for _, o := range list {
			m, err := session.New(memstore.New(), &o)
			if m != nil || err == nil || !strings.Contains(err.Error(), field) {
				t.Errorf("%+v: %v; want an error that names %s", o, err, field)
			}
		}
	}
	if m, err := session.New(nil, nil); m != nil || err == nil || !strings.Contains(err.Error(), "store") {
		t.Errorf("no store: %v", err)
	}
}

func TestWithoutHandler(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	if _, err := session.Load(r); !errors.Is(err, session.ErrNoManager) {
		t.Errorf("Load: got %v", err)
	}
	defer func() {
		if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), "Manager.Handler") {
			t.Errorf("From: panicked with %v", v)
		}
	}()
	session.From(r)
}

func TestHashedKeysAreNotInTheStore(t *testing.T) {
	store := newSpy()
	m := noerror.In(session.New(store, &session.Options{HashKeys: true}))
	key := keyOf(request(m, "", func(w http.ResponseWriter, r *http.Request) { session.From(r).Set("a", 1) }))
	for _, rec := range store.records() {
		if rec.Key == key || len(rec.Key) != 40 {
			t.Errorf("stored under %q", rec.Key)
		}
		if resp := request(m, rec.Key, reading); keyOf(resp) != "" || readAll(t, resp.Body) != "0" {
			t.Error("the stored key opens the session")
		}
	}
	if resp := request(m, key, reading); readAll(t, resp.Body) != "1" {
		t.Error("the cookie does not open the session")
	}
	if err := m.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if resp := request(m, key, reading); readAll(t, resp.Body) != "0" {
		t.Error("the session is still there after Delete")
	}
	if err := m.Delete(t.Context(), key); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("Delete of what was deleted: %v", err)
	}
}

func TestHardened(t *testing.T) {
	m := noerror.In(session.New(memstore.New(), session.Hardened()))
	w := httptest.NewRecorder()
	m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session.From(r).Set("a", 1)
	})).ServeHTTP(w, httptest.NewRequest("GET", "https://example.com/", nil))
	got := w.Header().Get("Set-Cookie")
	for _, want := range []string{"__Host-Http-sid=", "HttpOnly", "Path=/", "Secure", "SameSite=Lax", "Max-Age=3600"} {
		if !strings.Contains(got, want) {
			t.Errorf("Set-Cookie lacks %s: %s", want, got)
		}
	}
	o := session.Hardened()
	if !o.HashKeys || o.IdleTimeout != time.Hour || o.AbsoluteTimeout != 24*time.Hour {
		t.Errorf("keys hashed %t, limits %v and %v", o.HashKeys, o.IdleTimeout, o.AbsoluteTimeout)
	}
}

func TestEvents(t *testing.T) {
	var mu sync.Mutex
	var got []string
	store := memstore.New()
	m := noerror.In(session.New(store, &session.Options{Observe: func(_ context.Context, e session.Event) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, fmt.Sprint(e.Kind))
		if e.Kind != session.EventCleared && len(e.Fingerprint) != 12 {
			t.Errorf("%v: fingerprint %q", e.Kind, e.Fingerprint)
		}
	}}))
	set := func(w http.ResponseWriter, r *http.Request) {
		session.Item[int]("n").Update(session.From(r), 0, func(n int) int { return n + 1 })
	}
	key := keyOf(request(m, "", set))
	request(m, key, set)
	request(m, key, func(w http.ResponseWriter, r *http.Request) {
		set(w, r)
		request(m, key, set) // a conflict for the outer one
	})
	request(m, key, func(w http.ResponseWriter, r *http.Request) {
		set(w, r)
		request(m, key, func(w http.ResponseWriter, r *http.Request) { session.From(r).Flush() })
	})
	mustCreate(t, store, session.Record{Key: session.NewKey()})
	if _, err := m.ClearExpired(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"created", "loaded", "saved",
		"loaded", "loaded", "saved", "conflict", "saved", "replayed",
		"loaded", "loaded", "deleted", "interrupted", "cleared",
	}
	if !slices.Equal(got, want) {
		t.Errorf("events\n got %v\nwant %v", got, want)
	}
}

// TestAnswersOfOthersTellOfASavedKey: the handler has saved the session under a new key,
// and then fails. The answer in its place has the key, since the old one is dead.
func TestAnswersOfOthersTellOfASavedKey(t *testing.T) {
	for name, fail := range map[string]func(r *http.Request){
		"panics":                  func(*http.Request) { panic("bug") },
		"aborts":                  func(r *http.Request) { session.Abort(r, errors.New("bug")) },
		"sets what cannot be set": func(r *http.Request) { session.From(r).Set("b", func() {}) },
	} {
		for _, known := range []bool{false, true} {
			m := noerror.In(session.New(newSpy(), &session.Options{Logger: quiet}))
			r := httptest.NewRequest("POST", "/", nil)
			if known {
				r.Header.Set("Cookie", "sessionid="+login(m))
			}
			w := httptest.NewRecorder()
			func() {
				defer func() {
					if recover() != nil {
						w.WriteHeader(http.StatusInternalServerError)
					}
				}()
				m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					s := session.From(r)
					s.CycleKey()
					s.Set("a", 1)
					if err := s.Save(r.Context()); err != nil {
						t.Error(err)
					}
					fail(r)
				})).ServeHTTP(w, r)
			}()
			resp := w.Result()
			if resp.StatusCode != 500 || !alive(t, m, keyOf(resp)) || !strings.Contains(resp.Header.Get("Cache-Control"), "no-store") {
				t.Errorf("%s, known %t: %s %v", name, known, resp.Status, resp.Header)
			}
		}
	}
}
