package pgstore

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jamsession/jamsession/internal/panics"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
)

const (
	// alone is how many loads run alone at the same time, before others have to
	// wait and share. With one, a visitor could wait for two round trips; with
	// many, none would share, and all would wait for the server.
	alone = 2

	// together is the most keys that one SELECT has.
	together = 100

	// most is how many loads may wait. The next is refused, since a hundred
	// SELECTs would come before it.
	most = 100 * together

	// patience bounds a SELECT, so that a connection that does not respond
	// occupies no place for long. The loads of visitors who still wait are then
	// repeated by the table, on other connections and each with as much time
	// again. None waits longer than the context of its request.
	patience = timelimit.Default / 2
)

// errFull says that too many loads are waiting already.
var errFull = errors.New("pgstore: too many loads are waiting for the server")

// loads lets loads that run at the same time share a SELECT.
type loads struct {
	// ask returns the records that exist.
	ask func(ctx context.Context, keys []string) (map[string]session.Record, error)

	patience time.Duration

	mu      sync.Mutex
	running int
	waiting []*load
}

// A load is one that waits. Its result may be read when done is closed.
type load struct {
	key  string
	rec  session.Record
	err  error
	done chan struct{}
	gone atomic.Bool // the visitor no longer waits for it
}

// enter returns nil if a load may run alone, and must then call leave;
// otherwise it returns a load that waits, or has failed already if there is no
// room.
func (l *loads) enter(key string) *load {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running < alone {
		l.running++
		return nil
	}
	w := &load{key: key, done: make(chan struct{})}
	if len(l.waiting) >= most {
		l.forget()
	}
	if len(l.waiting) >= most {
		w.err = errFull
		close(w.done)
		return w
	}
	l.waiting = append(l.waiting, w)
	return w
}

// forget drops the loads for which nobody waits any more. The caller holds the
// lock.
func (l *loads) forget() {
	l.waiting = slices.DeleteFunc(l.waiting, func(w *load) bool { return w.gone.Load() })
}

// leave ends a load that ran alone. Waiting loads take its place.
func (l *loads) leave() {
	if batch := l.next(); batch != nil {
		panics.Go(func() { l.run(batch) }, panics.Log(slog.Default(), "pgstore: loads that share a SELECT"))
	}
}

// next returns a batch of the loads that wait, or gives up the place if none
// does.
func (l *loads) next() []*load {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget()
	n := min(together, len(l.waiting))
	if n == 0 {
		l.running--
		return nil
	}
	batch := slices.Clone(l.waiting[:n])
	l.waiting = slices.Delete(l.waiting, 0, n) // which forgets them
	return batch
}

// run answers waiting loads, batch by batch, until there are none.
func (l *loads) run(batch []*load) {
	for ; batch != nil; batch = l.next() {
		l.askFor(batch)
	}
}

func (l *loads) askFor(batch []*load) {
	keys := make([]string, len(batch))
	for i, w := range batch {
		keys[i] = w.key
	}
	ctx, cancel := context.WithTimeout(context.Background(), l.patience)
	defer cancel()
	found, err := l.askSafely(ctx, keys)
	for _, w := range batch {
		rec, ok := found[w.key]
		switch {
		case err != nil:
			w.err = err
		case !ok:
			w.err = session.ErrNotFound
		default:
			w.rec = rec
		}
		close(w.done)
	}
}

// errPanic makes the table repeat the loads, in the requests' goroutines: there
// a panic ends one request and not the program.
var errPanic = errors.New("pgstore: the SELECT panicked")

func (l *loads) askSafely(ctx context.Context, keys []string) (found map[string]session.Record, err error) {
	if panics.Try(func() { found, err = l.ask(ctx, keys) }) != nil {
		return nil, errPanic
	}
	return found, err
}

// answer returns the result of the load, unless ctx is done first.
func (w *load) answer(ctx context.Context) (session.Record, error) {
	select {
	case <-w.done:
		return w.rec, w.err
	case <-ctx.Done():
		w.gone.Store(true)
		return session.Record{}, ctx.Err()
	}
}
