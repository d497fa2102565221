package session_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/httpcookie"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// byHeaderOrCookie is a manager of a site that has pages and an API.
func byHeaderOrCookie(t *testing.T, store session.Store) *session.Manager {
	t.Helper()
	cookies, err := session.Cookies(nil)
	if err != nil {
		t.Fatal(err)
	}
	return noerror.In(session.New(store, &session.Options{Transport: session.Bearer(cookies)}))
}

// visit sends a request with these headers, as "Name: value", through handlers.
func visit(handler http.Handler, headers ...string) http.Header {
	r := httptest.NewRequest("GET", "https://example.com/", nil)
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ":")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Header()
}

func setName(name string) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("name", name) }
}

// namedBy returns what the request's session has as its name.
func namedBy(m *session.Manager, headers ...string) (name string, answer http.Header) {
	answer = visit(m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		name = session.Item[string]("name").Get(session.From(r), "")
	})), headers...)
	return name, answer
}

func TestBearerTravelsByHeaders(t *testing.T) {
	m := noerror.In(session.New(memstore.New(), &session.Options{Transport: session.Bearer(nil)}))
	for _, header := range []string{"Accept: */*", "Authorization: Bearer", "Authorization: bearer  "} {
		h := visit(m.Handler(setName("john_doe")), header)
		key := h.Get(session.KeyHeader)
		if len(key) != 32 || h["Set-Cookie"] != nil || h.Get("Cache-Control") != "private, no-store" ||
			h.Get("Vary") != "Authorization" {
			t.Fatalf("%s: %v", header, h)
		}
		name, h := namedBy(m, "Authorization: Bearer "+key)
		if name != "john_doe" || h[session.KeyHeader] != nil || h.Get("Vary") != "Authorization" {
			t.Errorf("%s: %q, %v", header, name, h)
		}
		h = visit(m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			session.From(r).CycleKey()
		})), "Authorization: Bearer "+key)
		if name, _ := namedBy(m, "Authorization: Bearer "+h.Get(session.KeyHeader)); name != "john_doe" {
			t.Errorf("after a rotation: %v", h)
		}
		if name, _ := namedBy(m, "Authorization: Bearer "+key); name != "" {
			t.Error("the old key still opens the session")
		}
	}
}

func TestBearerThatTouchesNothingCostsNothing(t *testing.T) {
	store := newSpy()
	m := byHeaderOrCookie(t, store)
	h := visit(m.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})),
		"Authorization: Bearer "+validKey)
	if len(h) != 0 || len(store.calls()) != 0 {
		t.Errorf("%v, %v", h, store.calls())
	}
}

// TestHeaderAndCookieAreNeverMixed in one request, in either direction.
func TestHeaderAndCookieAreNeverMixed(t *testing.T) {
	m := byHeaderOrCookie(t, memstore.New())
	h := visit(m.Handler(setName("page")))
	line, _, _ := strings.Cut(h.Get("Set-Cookie"), ";")
	cookieLine := "Cookie: " + line
	if h[session.KeyHeader] != nil || h.Get("Vary") != "Cookie, Authorization" {
		t.Fatalf("%v", h)
	}
	key := visit(m.Handler(setName("api")), "Authorization: Bearer").Get(session.KeyHeader)
	for header, want := range map[string]string{
		"Accept: */*":                              "page",
		"Authorization: Basic am9objpkb2U=":        "page",
		"Authorization: " + key:                    "page",
		"Authorization: Bearerx " + key:            "page",
		"Authorization: Bearer " + key:             "api",
		"authorization: BEARER " + key:             "api",
		"Authorization: Bearer":                    "",
		"Authorization: Bearer short":              "",
		"Authorization: Bearer " + validKey:        "", // made up
		"Authorization: Bearer " + key + ", Basic": "",
	} {
		got, h := namedBy(m, cookieLine, header)
		if got != want || h["Set-Cookie"] != nil {
			t.Errorf("%s: %q, want %q; %v", header, got, want, h)
		}
	}
	if got, h := namedBy(m, cookieLine, "Authorization: Bearer "+key, "Authorization: Basic x"); got != "" ||
		h["Set-Cookie"] != nil {
		t.Errorf("two headers: %q, %v", got, h)
	}

	flush := m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { session.From(r).Flush() }))
	h = visit(flush, cookieLine, "Authorization: Bearer "+key)
	if got, ok := h[session.KeyHeader]; !ok || got[0] != "" || h["Set-Cookie"] != nil ||
		h.Get("Cache-Control") != "private, no-store" {
		t.Errorf("logout by header: %v", h)
	}
	if name, _ := namedBy(m, "Authorization: Bearer "+key); name != "" {
		t.Error("the session lives after its logout")
	}
	if name, _ := namedBy(m, cookieLine); name != "page" {
		t.Error("a logout by header ended the session of the cookie")
	}
}

// A perTenant has another cookie for each host.
type perTenant map[string]session.Transport

func (t perTenant) Key(r *http.Request) (key string, sent bool) { return t[r.Host].Key(r) }

func (t perTenant) Send(h http.Header, r *http.Request, key string, maxAge time.Duration) {
	t[r.Host].Send(h, r, key, maxAge)
}

func (t perTenant) Remove(h http.Header, r *http.Request) { t[r.Host].Remove(h, r) }
func (perTenant) Vary() []string                          { return []string{"Cookie"} }
func (perTenant) Ambient(*http.Request) bool              { return true }

func TestAnotherCookieForEachTenant(t *testing.T) {
	tenants := perTenant{}
	for host, name := range map[string]string{"a.example": "a", "b.example": "b"} {
		var err error
		if tenants[host], err = session.Cookies(&cookie.Options{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	m := noerror.In(session.New(memstore.New(), &session.Options{Transport: tenants}))
	sites := m.Handler(setName("john_doe"))
	for host, name := range map[string]string{"a.example": "a", "b.example": "b"} {
		r := httptest.NewRequest("GET", "https://"+host+"/", nil)
		w := httptest.NewRecorder()
		sites.ServeHTTP(w, r)
		c := w.Result().Cookies()[0]
		if c.Name != name || c.MaxAge != 1209600 || w.Header().Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s: %v", host, w.Header())
		}
	}
}

// silentTransport sends and removes nothing, so that the manager's own headers
// are seen.
type silentTransport struct{ session.Transport }

func (silentTransport) Key(r *http.Request) (key string, sent bool) {
	return "", r.Header["X-A"] != nil
}
func (silentTransport) Send(http.Header, *http.Request, string, time.Duration) {}
func (silentTransport) Remove(http.Header, *http.Request)                      {}
func (silentTransport) Vary() []string                                         { return []string{"X-A", "X-B"} }

func TestManagerWritesVaryAndCacheControlOfATransport(t *testing.T) {
	cookies, _ := session.Cookies(nil)
	m := noerror.In(session.New(memstore.New(), &session.Options{Transport: silentTransport{cookies}}))
	h := visit(m.Handler(setName("x")))
	if h.Get("Vary") != "X-A, X-B" || h.Get("Cache-Control") != "private, no-store" {
		t.Errorf("a response with a key: %v", h)
	}
	if _, h = namedBy(m); h.Get("Vary") != "X-A, X-B" || h["Cache-Control"] != nil {
		t.Errorf("a response that looked at the session: %v", h)
	}
	h = visit(m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		session.From(r).Flush()
	})), "X-A: "+validKey)
	if h.Get("Vary") != "X-A, X-B" || h.Get("Cache-Control") != "private, no-store" {
		t.Errorf("a logout: %v", h)
	}
}

// TestTwoManagersInOneProgram have a cookie and a session each.
func TestTwoManagersInOneProgram(t *testing.T) {
	site := noerror.In(session.New(memstore.New(), nil))
	admin := noerror.In(session.New(memstore.New(), &session.Options{Cookie: cookie.Options{Name: "adminid"}}))
	handler := site.Handler(admin.Handler(site.Handler(http.HandlerFunc(
		func(_ http.ResponseWriter, r *http.Request) {
			if session.From(r) != admin.From(r) || site.From(r) == admin.From(r) {
				t.Error("From does not find the innermost session")
			}
			site.From(r).Set("name", "visitor")
			s, err := admin.Load(r)
			if err != nil {
				t.Fatal(err)
			}
			s.Set("name", "clerk")
		}))))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	var names []string
	r := httptest.NewRequest("GET", "/", nil)
	for _, c := range w.Result().Cookies() {
		names = append(names, c.Name)
		r.AddCookie(c)
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"adminid", "sessionid"}) {
		t.Fatalf("cookies %q", names)
	}
	for m, want := range map[*session.Manager]string{site: "visitor", admin: "clerk"} {
		m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if got := session.Item[string]("name").Get(m.From(r), ""); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})).ServeHTTP(httptest.NewRecorder(), r)
	}
}

func TestManagerFromFindsItsOwnSession(t *testing.T) {
	site, other := noerror.In(session.New(memstore.New(), nil)), noerror.In(session.New(memstore.New(), nil))
	visit(other.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, err := site.Load(r); !errors.Is(err, session.ErrNoManager) {
			t.Errorf("Load: %v", err)
		}
		defer func() {
			if text, _ := recover().(string); !strings.HasPrefix(text, "session: Manager.From") {
				t.Errorf("From: %q", text)
			}
		}()
		site.From(r)
	})))
}

// downStore cannot be asked.
type downStore struct{ session.Store }

func (downStore) Load(context.Context, string) (session.Record, error) {
	return session.Record{}, errors.New("down")
}

// TestOuterManagerAnswersForItsStore, although the session of another is
// between.
func TestOuterManagerAnswersForItsStore(t *testing.T) {
	outer := noerror.In(session.New(downStore{memstore.New()}, &session.Options{Cookie: cookie.Options{Name: "outer"}}))
	inner := noerror.In(session.New(memstore.New(), nil))
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", "outer="+validKey)
	outer.Handler(inner.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		inner.From(r).Set("a", 1)
		outer.From(r)
	}))).ServeHTTP(w, r)
	if w.Code != http.StatusServiceUnavailable || w.Header()["Set-Cookie"] != nil {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestCookieAndTransportExcludeEachOther(t *testing.T) {
	_, err := session.New(memstore.New(), &session.Options{
		Cookie: cookie.Options{Name: "a"}, Transport: session.Bearer(nil),
	})
	if err == nil || !strings.Contains(err.Error(), "Options.Cookie and Options.Transport") {
		t.Errorf("both: %v", err)
	}
}

func TestCookiesRefuseWhatBrowsersDrop(t *testing.T) {
	_, err := session.Cookies(&cookie.Options{Domain: "localhost"})
	if wrong, ok := errors.AsType[*httpcookie.FieldError](err); !ok || wrong.Field != "Domain" {
		t.Error(err)
	}
}
