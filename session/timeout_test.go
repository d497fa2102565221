package session_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// A silentStore answers from its place on, and then says nothing until the
// context is done.
type silentStore struct {
	session.Store
	answers int
}

func (s *silentStore) wait(ctx context.Context) error {
	if s.answers--; s.answers >= 0 {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (s *silentStore) Load(ctx context.Context, key string) (session.Record, error) {
	if err := s.wait(ctx); err != nil {
		return session.Record{}, err
	}
	return s.Store.Load(ctx, key)
}

func (s *silentStore) Create(ctx context.Context, rec session.Record) error {
	if err := s.wait(ctx); err != nil {
		return err
	}
	return s.Store.Create(ctx, rec)
}

func (s *silentStore) Save(ctx context.Context, old, new session.Record) error {
	if err := s.wait(ctx); err != nil {
		return err
	}
	return s.Store.Save(ctx, old, new)
}

func (s *silentStore) Delete(ctx context.Context, key string) error {
	if err := s.wait(ctx); err != nil {
		return err
	}
	return s.Store.Delete(ctx, key)
}

// The steps at which a store can fall silent, with what a handler does.
var silences = []struct {
	name    string
	answers int // before it is silent
	act     func(*session.Session)
}{
	{"load", 0, func(*session.Session) {}},
	{"save", 1, func(s *session.Session) { s.Set("n", 2) }},
	{"save under a new key", 1, (*session.Session).CycleKey},
	{"logout", 1, (*session.Session).Flush},
}

// TestSilentStoreIs503AfterTheTimeout, which is five seconds unless the
// options say otherwise.
func TestSilentStoreIs503AfterTheTimeout(t *testing.T) {
	for _, o := range []session.Options{{}, {Timeout: 200 * time.Millisecond}} {
		want := 5 * time.Second
		if o.Timeout > 0 {
			want = o.Timeout
		}
		for _, c := range silences {
			t.Run(c.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w, took := visitSilent(t, &o, c.answers, c.act)
					if w.Code != http.StatusServiceUnavailable || took != want {
						t.Errorf("status %d after %v, want 503 after %v", w.Code, took, want)
					}
				})
			})
		}
	}
}

// visitSilent sends a request with a session to a site whose store falls
// silent after this many answers, and returns the answer and how long it took.
func visitSilent(
	t *testing.T, o *session.Options, answers int, act func(*session.Session),
) (*httptest.ResponseRecorder, time.Duration) {
	t.Helper()
	store := memstore.New()
	rec := session.Record{Key: validKey, Data: []byte(`{"n":1}`), Expiry: time.Now().Add(time.Hour)}
	if err := store.Create(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	m := noerror.In(session.New(&silentStore{store, answers}, o))
	page := m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { act(session.From(r)) }))
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: "sessionid", Value: validKey})
	w, begin := httptest.NewRecorder(), time.Now()
	page.ServeHTTP(w, r)
	return w, time.Since(begin)
}

// TestSilentStoreEndsCallsOutsideOfRequests.
func TestSilentStoreEndsCallsOutsideOfRequests(t *testing.T) {
	for name, c := range map[string]struct {
		answers int
		call    func(context.Context, *session.Manager) error
	}{
		"Manager.ByKey": {0, func(ctx context.Context, m *session.Manager) error {
			_, err := m.ByKey(ctx, validKey)
			return err
		}},
		"Manager.Delete": {0, func(ctx context.Context, m *session.Manager) error {
			return m.Delete(ctx, validKey)
		}},
		"Session.Save": {1, func(ctx context.Context, m *session.Manager) error {
			s, err := m.ByKey(ctx, validKey)
			if err == nil {
				s.Set("n", 1)
				err = s.Save(ctx)
			}
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, begin := noerror.In(session.New(&silentStore{memstore.New(), c.answers}, nil)), time.Now()
				err := c.call(context.WithoutCancel(t.Context()), m)
				if took := time.Since(begin); !errors.Is(err, session.ErrUnavailable) || took != 5*time.Second {
					t.Errorf("%v after %v, want ErrUnavailable after 5s", err, took)
				}
			})
		})
	}
}

// TestVisitorWhoLeavesEndsTheLoadAndNotTheSave.
func TestVisitorWhoLeavesEndsTheLoadAndNotTheSave(t *testing.T) {
	for _, c := range silences[:2] {
		synctest.Test(t, func(t *testing.T) {
			ctx, leave := context.WithCancel(t.Context())
			store := memstore.New()
			rec := session.Record{Key: validKey, Data: []byte(`{"n":1}`), Expiry: time.Now().Add(time.Hour)}
			if err := store.Create(ctx, rec); err != nil {
				t.Fatal(err)
			}
			page := noerror.In(session.New(&silentStore{store, c.answers}, nil)).Handler(http.HandlerFunc(
				func(_ http.ResponseWriter, r *http.Request) { c.act(session.From(r)) }))
			r := httptest.NewRequestWithContext(ctx, "GET", "/", nil)
			r.AddCookie(&http.Cookie{Name: "sessionid", Value: validKey})
			time.AfterFunc(time.Second, leave)
			begin := time.Now()
			page.ServeHTTP(httptest.NewRecorder(), r)
			want := time.Second
			if c.name == "save" {
				want = 5 * time.Second
			}
			if took := time.Since(begin); took != want {
				t.Errorf("%s: ended after %v, want %v", c.name, took, want)
			}
		})
	}
}
