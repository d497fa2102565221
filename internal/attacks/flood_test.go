package attacks

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	authpassword "github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/internal/hashqueue"
	"github.com/jamsession/jamsession/internal/noerror"
	sites "github.com/jamsession/jamsession/site"
)

// stuck makes hashes that do not end before they are released.
type stuck struct {
	authpassword.Hasher
	on           *atomic.Bool // false while the site is made
	inside, most *atomic.Int64
	release      chan struct{}
}

func (s stuck) wait() {
	if !s.on.Load() {
		return
	}
	n := s.inside.Add(1)
	for most := s.most.Load(); n > most && !s.most.CompareAndSwap(most, n); most = s.most.Load() {
	}
	<-s.release
	s.inside.Add(-1)
}

// Encode implements the interface of hashers.
func (s stuck) Encode(pw string) (string, error) { s.wait(); return s.Hasher.Encode(pw) }

// Verify implements the interface of hashers.
func (s stuck) Verify(pw, encoded string) (bool, error) {
	s.wait()
	return s.Hasher.Verify(pw, encoded)
}

// openStuck is a site whose hashes are stuck: two run and three wait.
func openStuck(t *testing.T, vars map[string]string) (*site, stuck) {
	t.Helper()
	h := stuck{
		noerror.In(authpassword.PBKDF2SHA256(10)), new(atomic.Bool), new(atomic.Int64), new(atomic.Int64), make(chan struct{}),
	}
	s := openWith(t, vars, &sites.Options{Hashers: noerror.In(authpassword.New(&authpassword.Options{
		Hashers: []authpassword.Hasher{h}, Parallel: 2, Queue: 3, Wait: time.Hour, Logger: slog.New(slog.DiscardHandler),
	}))})
	h.on.Store(true)
	return s, h
}

// answer sends a form with the token of its visitor, and returns the answer
// without its body.
func (v *visitor) answer(path, token string, fields ...string) *http.Response {
	body := form(append(fields, "csrfmiddlewaretoken", token)...).Encode()
	r, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.site.url+path, strings.NewReader(body))
	if err != nil {
		v.t.Error(err)
		return &http.Response{}
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := v.http.Do(r)
	if err != nil {
		v.t.Error(err)
		return &http.Response{}
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return resp
}

// TestFloodOfHashesIsAnsweredAtOnce: as many as the queue takes are hashed,
// whatever they ask for. All others, and a user with the right password, are
// asked by 503 to come back later, and that is not a failed login.
func TestFloodOfHashesIsAnsweredAtOnce(t *testing.T) {
	s, h := openStuck(t, nil)
	evil, alice := s.visitor(t), s.visitor(t)
	token, own := evil.get("/form"), alice.get("/form")
	before := hashqueue.Work(s.Hashers) // of the site's users
	const flood = 20                    // of each
	answers := make(chan *http.Response, 2*flood)
	for i := range flood {
		go func() { answers <- evil.answer("/login", token, "username", fmt.Sprint("nobody", i), "password", "x") }()
		go func() {
			answers <- evil.answer("/signup", token, "username", fmt.Sprint("new", i), "password", "a plain staple")
		}()
	}
	busy := func(resp *http.Response) {
		t.Helper()
		if resp.StatusCode != 503 || resp.Header.Get("Retry-After") != "3600" || resp.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%d, %v", resp.StatusCode, resp.Header)
		}
	}
	for range 2*flood - 2 - 3 {
		busy(<-answers)
	}
	busy(alice.answer("/login", own, "username", "alice", "password", password))
	close(h.release)
	for range 2 + 3 {
		if resp := <-answers; resp.StatusCode != http.StatusUnauthorized && resp.StatusCode != http.StatusOK {
			t.Errorf("one that had a place: %d", resp.StatusCode)
		}
	}
	if n, most := hashqueue.Work(s.Hashers)-before, h.most.Load(); n != (2+3)*10 || most != 2 {
		t.Errorf("the work %d, %d at once; want that of 5 hashes, 2 at once", n, most)
	}
	alice.login("alice")
}

// TestFullQueueLocksNobodyOut: a visitor who was asked to come back later,
// however often, has neither lost an attempt at the account nor won one.
func TestFullQueueLocksNobodyOut(t *testing.T) {
	s, h := openStuck(t, map[string]string{"LOGIN_LIMIT_ACCOUNT": "2/3600", "LOGIN_LIMIT_SOURCE": "1000/1"})
	evil, alice := s.visitor(t), s.visitor(t)
	token, own := evil.get("/form"), alice.get("/form")
	answers := make(chan *http.Response, 6)
	for i := range 6 {
		go func() { answers <- evil.answer("/login", token, "username", fmt.Sprint("nobody", i), "password", "x") }()
	}
	<-answers // the others are all that the queue takes
	for range 10 {
		if resp := alice.answer("/login", own, "username", "alice", "password", password); resp.StatusCode != 503 {
			t.Errorf("while the queue is full: %d", resp.StatusCode)
		}
	}
	close(h.release)
	for range 5 {
		<-answers
	}
	for i, want := range []int{http.StatusUnauthorized, http.StatusUnauthorized, http.StatusTooManyRequests} {
		if resp := alice.answer("/login", own, "username", "alice", "password", "guess"); resp.StatusCode != want {
			t.Errorf("guess %d: %d, want %d", i+1, resp.StatusCode, want)
		}
	}
}

// TestSignUpsOfOneSourceAreLimited before any hash; and what is wrong with one
// is found out before the hash, too.
func TestSignUpsOfOneSourceAreLimited(t *testing.T) {
	s := open(t, map[string]string{"SIGNUP_LIMIT": "5/3600"})
	v := s.visitor(t)
	before := hashqueue.Work(s.Hashers)
	for i, fields := range [][2]string{
		{"alice", "a plain staple"}, // is taken
		{"a b", "a plain staple"},
		{"carol", "short"},
		{"carol", "password1"},
	} {
		if code := v.post("/signup", "username", fields[0], "password", fields[1]); code != http.StatusBadRequest {
			t.Errorf("%d: %d", i, code)
		}
	}
	if n := hashqueue.Work(s.Hashers) - before; n != 0 {
		t.Errorf("the work %d for sign-ups that are wrong", n)
	}
	if code := v.post("/signup", "username", "carol", "password", "a plain staple"); code != http.StatusOK {
		t.Errorf("a good one: %d", code)
	}
	before = hashqueue.Work(s.Hashers)
	for i := range 20 {
		resp := v.answer("/signup", v.get("/form"), "username", fmt.Sprint("new", i), "password", "a plain staple")
		if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") == "" {
			t.Errorf("%d: %d, %v", i, resp.StatusCode, resp.Header)
		}
	}
	if n := hashqueue.Work(s.Hashers) - before; n != 0 {
		t.Errorf("the work %d for sign-ups that are refused", n)
	}
	n := 0
	for _, err := range s.Users().List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 3 {
		t.Errorf("%d users", n)
	}
	s.visitor(t).login("alice")
}
