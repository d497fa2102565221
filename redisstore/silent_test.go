package redisstore_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/redisstore"
	"github.com/jamsession/jamsession/session"
)

// TestSilentServersEndNoCallLate: each call ends with its context while the
// servers accept connections and say nothing, even when the client has given
// its first connections up and waits for new ones. Afterwards the store works
// again.
func TestSilentServersEndNoCallLate(t *testing.T) {
	for name, start := range map[string]func(*testing.T) (string, []*servertest.Server){
		"single": func(t *testing.T) (string, []*servertest.Server) {
			s := servertest.StartRedis(t)
			return "redis://" + s.Addr, []*servertest.Server{s}
		},
		"cluster":  startCluster,
		"sentinel": startSentinel,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, servers := start(t)
			store := open(t, url, redisstore.Options{})
			rec := created(t, store, "x")
			for _, s := range servers {
				s.Pause()
			}
			end := time.Now().Add(8 * time.Second) // the client gives a connection up after six
			var callers sync.WaitGroup
			for i := range 12 {
				callers.Go(func() {
					time.Sleep(time.Duration(i) * 40 * time.Millisecond) // not all at the same time
					for time.Now().Before(end) {
						endsInTime(t, store, rec)
					}
				})
			}
			callers.Wait()
			for _, s := range servers {
				s.Resume()
			}
			worksAgain(t, store)
		})
	}
}

// endsInTime makes each call, which must end with its context and not say that
// there is nothing.
func endsInTime(t *testing.T, store session.Store, rec session.Record) {
	// A busy machine may be late, but not as late as the client's own limit of six seconds.
	const limit, slack = 500 * time.Millisecond, 4 * time.Second
	for name, call := range map[string]func(context.Context) error{
		"Load":   func(ctx context.Context) error { _, err := store.Load(ctx, rec.Key); return err },
		"Create": func(ctx context.Context) error { return store.Create(ctx, record("new")) },
		"Save":   func(ctx context.Context) error { return store.Save(ctx, rec, rec) },
		"Delete": func(ctx context.Context) error { return store.Delete(ctx, rec.Key) },
	} {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), limit)
		begin := time.Now()
		err := call(ctx)
		cancel()
		if took := time.Since(begin); took > limit+slack {
			t.Errorf("%s took %v", name, took)
		}
		if err == nil || errors.Is(err, session.ErrNotFound) {
			t.Errorf("%s: %v, want an error of the server", name, err)
		}
	}
}

// worksAgain fails unless a session can be made and loaded soon. What was sent
// to servers that were only paused, they have carried out now.
func worksAgain(t *testing.T, store session.Store) {
	t.Helper()
	var err error
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		again := record("again")
		if err = store.Create(t.Context(), again); err != nil {
			continue
		}
		if _, err = store.Load(t.Context(), again.Key); err == nil {
			return
		}
	}
	t.Errorf("the store does not work again: %v", err)
}
