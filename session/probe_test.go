package session_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// A probe notes the work that it is told of.
type probe struct{ heard []string }

func (p *probe) Begin(ctx context.Context, op session.Op) context.Context {
	return context.WithValue(ctx, probe{}.key(), op)
}

func (probe) key() any { return session.OpLoad }

func (p *probe) End(ctx context.Context, w session.Work) {
	if ctx.Value(p.key()) != w.Op {
		p.heard = append(p.heard, "another context")
	}
	p.heard = append(p.heard, fmt.Sprintf("%v %d %v", w.Op, w.N, w.Err))
}

// TestProbeHearsOfEachQuestion to the store, with what came of it, in the context that it has made.
func TestProbeHearsOfEachQuestion(t *testing.T) {
	p := &probe{}
	store := memstore.New()
	m := noerror.In(session.New(contextStore{store, t, p.key()}, &session.Options{Probe: p}))
	w, r := lightRequest(t, m, store, 0)
	for _, c := range []struct {
		name string
		do   func() error
		want []string
	}{
		{"read", func() error { m.Handler(readOne).ServeHTTP(w, r); return nil }, []string{"session.load 0 <nil>"}},
		{
			"write", func() error { m.Handler(readWrite).ServeHTTP(w, r); return nil },
			[]string{"session.load 0 <nil>", "session.save 0 <nil>"},
		},
		{"new", func() error {
			m.Handler(readWrite).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
			return nil
		}, []string{"session.create 0 <nil>"}},
		{"unknown", func() error {
			_, err := m.ByKey(t.Context(), "z"+validKey[1:])
			return err
		}, []string{"session.load 0 " + session.ErrNotFound.Error()}},
		{"delete", func() error { return m.Delete(t.Context(), validKey) }, []string{"session.delete 0 <nil>"}},
		{"delete again", func() error {
			if err := m.Delete(t.Context(), validKey); !errors.Is(err, session.ErrNotFound) {
				return fmt.Errorf("deleted twice: %w", err)
			}
			return nil
		}, []string{"session.delete 0 " + session.ErrNotFound.Error()}},
		{"clear", func() error {
			for i := range 3 {
				rec := session.Record{Key: fmt.Sprintf("%032d", i), Data: []byte("{}"), Expiry: time.Now().Add(-time.Hour)}
				if err := store.Create(t.Context(), rec); err != nil {
					return err
				}
			}
			_, err := m.ClearExpired(t.Context())
			return err
		}, []string{"session.clear 3 <nil>"}},
	} {
		p.heard = nil
		if err := c.do(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if !slices.Equal(p.heard, c.want) {
			t.Errorf("%s: %q, want %q", c.name, p.heard, c.want)
		}
	}
}

// A contextStore expects the probe's context.
type contextStore struct {
	session.Store
	t   *testing.T
	key any
}

func (s contextStore) Load(ctx context.Context, key string) (session.Record, error) {
	if ctx.Value(s.key) != session.OpLoad {
		s.t.Error("Load has another context than the probe's")
	}
	return s.Store.Load(ctx, key)
}

// TestProbeHearsOfPanics: a span must not stay open, and what panicked was not done.
func TestProbeHearsOfPanics(t *testing.T) {
	p := &probe{}
	func() {
		defer func() { _ = recover() }()
		_ = session.Measure(t.Context(), p, session.OpHash, func(context.Context) error { panic("x") })
	}()
	if len(p.heard) != 1 || strings.HasSuffix(p.heard[0], "<nil>") {
		t.Errorf("heard %q", p.heard)
	}
}

// TestOpsHaveNames: each its own, and others none.
func TestOpsHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for op := session.OpLoad; op <= session.OpHash; op++ {
		if name := op.String(); name == "" || name == "unknown" || seen[name] {
			t.Errorf("%d is named %q", op, name)
		}
		seen[op.String()] = true
	}
	for _, op := range []session.Op{-1, session.OpHash + 1} {
		if op.String() != "unknown" {
			t.Errorf("%d is named %q", op, op)
		}
	}
}
