package attacks

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/internal/greedycache"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

// A secrecy is what an action requires of the response.
type secrecy int

const (
	forAll    secrecy = iota
	byCookie          // another visitor may get another one
	forOne            // no shared cache may have it
	forgotten         // no cache may have it
)

// An action is something that a handler can do.
type action struct {
	name            string
	stranger, alice secrecy
	do              func(p *parts, w http.ResponseWriter, r *http.Request)
}

// actions are what a handler can do that caches must be told of, with the
// secrecy that follows for a stranger and for alice, who is logged in and has a
// message waiting.
var actions = []action{
	{"read", byCookie, byCookie, func(_ *parts, _ http.ResponseWriter, r *http.Request) {
		session.Item[string]("x").Get(session.From(r), "")
	}},
	{"write", forgotten, forgotten, func(_ *parts, _ http.ResponseWriter, r *http.Request) {
		session.From(r).Set("x", "y")
	}},
	{"user", byCookie, byCookie, func(_ *parts, _ http.ResponseWriter, r *http.Request) { auth.From(r) }},
	{"token", forOne, forOne, func(_ *parts, _ http.ResponseWriter, r *http.Request) { csrf.Token(r) }},
	{"add", forOne, forOne, func(_ *parts, _ http.ResponseWriter, r *http.Request) { messages.Info(r, "hello") }},
	{"take", byCookie, forOne, func(_ *parts, _ http.ResponseWriter, r *http.Request) { messages.Take(r) }},
	{"guess", byCookie, byCookie, func(p *parts, _ http.ResponseWriter, r *http.Request) {
		_, _ = p.auth.Authenticate(r, "alice", "wrong")
	}},
	{"device", forgotten, forgotten, func(p *parts, w http.ResponseWriter, r *http.Request) {
		p.limiter.MakeKnown(w.Header(), r, auth.Attempt{Username: "alice", User: auth.User{ID: "1"}})
	}},
	{"login", forgotten, forgotten, (*parts).login},
	{"logout", forgotten, forgotten, func(p *parts, _ http.ResponseWriter, r *http.Request) { p.auth.Logout(r) }},
}

// handlersHeaders are what a handler says to caches, before or after that.
var handlersHeaders = []http.Header{
	{},
	{"Cache-Control": {"public, max-age=600"}, "Vary": {"Accept"}},
	{"Cache-Control": {"must-understand, no-store"}, "Surrogate-Control": {"max-age=600"}},
	{"Cache-Control": {"private, max-age=60"}, "Cdn-Cache-Control": {"max-age=600"}, "Vary": {"Accept", "Origin"}},
	{"Cache-Control": {`private="X-A", s-maxage=9`, "no-store=1"}, "X-Accel-Expires": {"600"}},
	{"Cache-Control": {"no-cache"}, "Expires": {"Thu, 01 Dec 2050 16:00:00 GMT"}, "Nobody-Knows-Cache-Control": {"public"}},
	{"cache-control": {`x="private, no-store"`}, "edge-control": {"max-age=1d"}},
}

// A beginning is a way in which a response can begin.
type beginning struct {
	name  string
	begin func(w http.ResponseWriter)
}

var beginnings = []beginning{
	{"not", func(http.ResponseWriter) {}},
	{"Write", func(w http.ResponseWriter) { _, _ = w.Write([]byte("x")) }},
	{"WriteString", func(w http.ResponseWriter) { _, _ = io.WriteString(w, "x") }},
	{"ReadFrom", func(w http.ResponseWriter) { _, _ = io.Copy(w, strings.NewReader("x")) }},
	{"FlushError", func(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }},
	{"Flush", func(w http.ResponseWriter) { w.(http.Flusher).Flush() }},
	{"304", func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotModified) }},
	{"404", func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) }},
	{"hints", func(w http.ResponseWriter) { w.WriteHeader(http.StatusEarlyHints); w.WriteHeader(http.StatusOK) }},
	{"panic", func(http.ResponseWriter) { panic("a handler's mistake") }},
}

// TestA26TheStrictestCountsInAnyOrder tries all orders of the middlewares, and
// all pairs of actions, beginnings and visitors, with a handler that says
// something else to caches before, between and after.
func TestA26TheStrictestCountsInAnyOrder(t *testing.T) {
	turn := 0
	for _, c := range combinations() {
		p := newParts(t, c)
		for i := range actions {
			for j := range actions {
				for _, visitor := range []string{"", "alice"} {
					turn++
					p.check(t, turn, visitor, i, j)
				}
			}
		}
	}
	t.Logf("%d responses", turn)
}

// check sends one request, and judges the answer.
func (p *parts) check(t *testing.T, turn int, visitor string, first, second int) {
	way := beginnings[turn%len(beginnings)]
	says := func(w http.ResponseWriter, n int) {
		maps.Copy(w.Header(), handlersHeaders[n%len(handlersHeaders)].Clone())
	}
	handler := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		says(w, turn)
		actions[first].do(p, w, r)
		says(w, turn/7)
		actions[second].do(p, w, r)
		says(w, turn/49)
		way.begin(w)
	}))
	want := max(actions[first].secrecy(visitor, way), actions[second].secrecy(visitor, way))
	if gated := turn%5 == 0; gated {
		handler = p.auth.RequireLogin(handler)
		want = forgotten
	}
	method := []string{http.MethodGet, http.MethodHead}[turn%2]
	w := p.send(handler, method, visitor)
	about := fmt.Sprintf("%s: %s by %q: %s, %s, %s: %v", p.about, method, visitor,
		actions[first].name, actions[second].name, way.name, w.final)
	if w.final == nil {
		t.Fatalf("no answer: %s", about)
	}
	if want >= byCookie && way.name != "panic" && !strings.Contains(strings.Join(w.final["Vary"], ","), "Cookie") {
		t.Errorf("no Vary: %s", about)
	}
	if want >= forOne && greedycache.MayStore(true, w.final) {
		t.Errorf("a shared cache may store it: %s", about)
	}
	if want == forgotten && greedycache.MayStore(false, w.final) {
		t.Errorf("a browser may store it: %s", about)
	}
	if want >= forOne && w.status == http.StatusNotModified && !strings.Contains(w.final.Get("Cache-Control"), "no-cache") {
		t.Errorf("what it renews can be used: %s", about)
	}
	for _, hint := range w.hints {
		if hint["Set-Cookie"] != nil && greedycache.MayStore(true, hint) {
			t.Errorf("a hint may be stored: %v: %s", hint, about)
		}
	}
}

func (a action) secrecy(visitor string, way beginning) secrecy {
	if way.name == "panic" && slices.Contains([]string{"write", "login", "logout"}, a.name) {
		return byCookie // nothing is saved
	}
	if visitor == "" {
		return a.stranger
	}
	return a.alice
}

// A combination is an order of the middlewares, and where they keep things.
type combination struct {
	order   []string // the outermost first
	inCSRF  bool     // the secret is in the session
	storage messages.Storage
}

// combinations returns all that are possible: what uses the session is inside
// of it.
func combinations() []combination {
	var all []combination
	for _, order := range permutations([]string{"session", "csrf", "auth", "messages"}) {
		at := func(name string) int { return slices.Index(order, name) - slices.Index(order, "session") }
		for _, inCSRF := range []bool{false, true} {
			for _, storage := range []messages.Storage{messages.StorageFallback, messages.StorageCookie, messages.StorageSession} {
				if at("auth") > 0 && (at("csrf") > 0 || !inCSRF) && (at("messages") > 0 || storage == messages.StorageCookie) {
					all = append(all, combination{order, inCSRF, storage})
				}
			}
		}
	}
	return all
}

func permutations(names []string) [][]string {
	if len(names) == 0 {
		return [][]string{nil}
	}
	var all [][]string
	for i, name := range names {
		for _, rest := range permutations(slices.Delete(slices.Clone(names), i, i+1)) {
			all = append(all, append([]string{name}, rest...))
		}
	}
	return all
}

// parts are what a site is put together of.
type parts struct {
	about    string
	around   func(http.Handler) http.Handler
	sessions *session.Manager
	auth     *auth.Manager
	limiter  auth.Limiter
}

func newParts(t *testing.T, c combination) *parts {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	p := &parts{about: fmt.Sprint(c)}
	keys, err := secret.NewKeys(secretKey)
	if err != nil {
		t.Fatal(err)
	}
	forms, err := csrf.New(&csrf.Options{UseSessions: c.inCSRF, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	notices, err := messages.New(keys, &messages.Options{Storage: c.storage, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	p.limiter, err = throttle.New(noerror.In(throttle.NewMemory(100_000)), keys, &throttle.Options{
		Logger: log, PerAccount: throttle.Limit{Burst: 1e6, Every: 1000}, PerSource: throttle.Limit{Burst: 1e6, Every: 1000},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.auth, err = auth.New(nil, keys, &auth.Options{Backends: []auth.Backend{onlyAlice{}}, Limiter: p.limiter, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	p.sessions = noerror.In(session.New(memstore.New(), &session.Options{Logger: log}))
	middlewares := map[string]func(http.Handler) http.Handler{
		"session": p.sessions.Handler, "csrf": forms.Handler, "auth": p.auth.Handler, "messages": notices.Handler,
	}
	p.around = func(h http.Handler) http.Handler {
		for _, name := range slices.Backward(c.order) {
			h = middlewares[name](h)
		}
		return h
	}
	return p
}

func (p *parts) login(_ http.ResponseWriter, r *http.Request) {
	if err := p.auth.Login(r, auth.User{ID: "1", Username: "alice", Password: "hash"}); err != nil {
		panic(err)
	}
}

// send has a request of the visitor answered. One of alice is from a browser in
// which she has just logged in.
func (p *parts) send(h http.Handler, method, visitor string) *recorder {
	r := httptest.NewRequest(method, "/", nil)
	if visitor != "" {
		in := &recorder{header: http.Header{}}
		p.around(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p.login(w, r)
			csrf.Token(r)
			messages.Info(r, "welcome")
			w.WriteHeader(http.StatusOK)
		})).ServeHTTP(in, httptest.NewRequest(http.MethodGet, "/", nil))
		for _, line := range in.final["Set-Cookie"] {
			cookie, _, _ := strings.Cut(line, ";")
			r.Header.Add("Cookie", cookie)
		}
	}
	w := &recorder{header: http.Header{}}
	func() {
		defer func() {
			if recover() != nil { // as a middleware around the site does
				w.WriteHeader(http.StatusInternalServerError)
			}
		}()
		p.around(h).ServeHTTP(w, r)
		w.WriteHeader(http.StatusOK)
	}()
	return w
}

// A recorder keeps the headers as they leave.
type recorder struct {
	header, final http.Header
	status        int
	hints         []http.Header
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	switch {
	case status < http.StatusOK:
		w.hints = append(w.hints, w.header.Clone())
	case w.final == nil:
		w.status, w.final = status, w.header.Clone()
	}
}

func (w *recorder) Write(b []byte) (int, error) { w.WriteHeader(http.StatusOK); return len(b), nil }
func (w *recorder) FlushError() error           { w.WriteHeader(http.StatusOK); return nil }

// onlyAlice knows alice.
type onlyAlice struct{}

func (onlyAlice) Name() string { return "alice" }

func (onlyAlice) Authenticate(context.Context, string, string) (auth.User, error) {
	return auth.User{}, auth.ErrNoMatch
}

func (onlyAlice) User(context.Context, string) (auth.User, error) {
	return auth.User{ID: "1", Username: "alice", Password: "hash"}, nil
}
