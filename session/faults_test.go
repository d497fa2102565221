package session_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// A spyStore is a memstore that notes the calls it gets and the records it
// holds, expired ones too, and fails the calls that it is told to.
type spyStore struct {
	memory session.Store
	mu     sync.Mutex
	log    []string
	rows   map[string]session.Record
	fail   map[string]error
}

var errDown = errors.New("connection refused")

func newSpy() *spyStore {
	return &spyStore{memory: memstore.New(), rows: make(map[string]session.Record)}
}

func (s *spyStore) breakOn(calls ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = make(map[string]error)
	for _, c := range calls {
		s.fail[c] = errDown
	}
}

// calls returns the names of the calls so far.
func (s *spyStore) calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// records returns what was stored and not deleted.
func (s *spyStore) records() []session.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.rows))
}

func (s *spyStore) note(call string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, call)
	return s.fail[call]
}

// write does one step and notes what it left, while no other step runs.
func (s *spyStore) write(oldKey string, new session.Record, step func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := step()
	if err == nil {
		delete(s.rows, oldKey)
	}
	if err == nil && new.Key != "" {
		s.rows[new.Key] = new
	}
	return err
}

func (s *spyStore) Load(ctx context.Context, key string) (session.Record, error) {
	if err := s.note("Load"); err != nil {
		return session.Record{}, err
	}
	return s.memory.Load(ctx, key)
}

func (s *spyStore) Create(ctx context.Context, rec session.Record) error {
	if err := s.note("Create"); err != nil {
		return err
	}
	return s.write("", rec, func() error { return s.memory.Create(ctx, rec) })
}

func (s *spyStore) Save(ctx context.Context, old, new session.Record) error {
	if err := s.note("Save"); err != nil {
		return err
	}
	return s.write(old.Key, new, func() error { return s.memory.Save(ctx, old, new) })
}

func (s *spyStore) Delete(ctx context.Context, key string) error {
	if err := s.note("Delete"); err != nil {
		return err
	}
	return s.write(key, session.Record{}, func() error { return s.memory.Delete(ctx, key) })
}

func (s *spyStore) ClearExpired(ctx context.Context, now time.Time) (int, error) {
	if err := s.note("ClearExpired"); err != nil {
		return 0, err
	}
	return s.memory.ClearExpired(ctx, now)
}

func (s *spyStore) Close() error { return s.memory.Close() }

// mustCreate puts a record into a store.
func mustCreate(t *testing.T, store session.Store, rec session.Record) {
	t.Helper()
	if err := store.Create(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
}

// reading is a handler that looks at its session.
var reading = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	fmt.Fprint(w, session.Item[int]("a").Get(session.From(r), 0))
})

// quiet drops log lines that a test provokes.
var quiet = slog.New(slog.DiscardHandler)

// A browser is a client with a cookie jar that does not follow redirects.
type browser struct {
	*http.Client
	t   *testing.T
	url string
}

func newBrowser(t *testing.T, server *httptest.Server) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := server.Client()
	return &browser{&http.Client{
		Transport: client.Transport, Jar: jar, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, t, server.URL}
}

// get returns the status and the body of a page.
func (b *browser) get(path string) (int, string) {
	b.t.Helper()
	resp, err := b.Get(b.url + path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, strings.TrimSpace(string(body))
}

// key returns the value of the session cookie.
func (b *browser) key() string {
	req, _ := http.NewRequest("GET", b.url, nil)
	for _, c := range b.Jar.Cookies(req.URL) {
		if c.Name == "sessionid" {
			return c.Value
		}
	}
	return ""
}

func textLogger(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

// A collidingStore says once that a new key is taken.
type collidingStore struct {
	*spyStore
	collided bool
	keys     []string
}

func (s *collidingStore) collide(key string) error {
	s.keys = append(s.keys, key)
	if s.collided {
		return nil
	}
	s.collided = true
	return session.ErrExists
}

func (s *collidingStore) Create(ctx context.Context, rec session.Record) error {
	if err := s.collide(rec.Key); err != nil {
		return err
	}
	return s.spyStore.Create(ctx, rec)
}

func (s *collidingStore) Save(ctx context.Context, old, new session.Record) error {
	if err := s.collide(new.Key); err != nil {
		return err
	}
	return s.spyStore.Save(ctx, old, new)
}
