// Package sharedload lets loads that wait for a server at the same time share one question
// to it: under load a server answers dozens of visitors for little more than the cost of
// one.
package sharedload

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
)

const (
	// Alone is how many loads run alone at the same time, before others have to wait
	// and share. With one, a visitor could wait for two round trips; with many, none
	// would share, and all would wait for the server.
	Alone = 2

	// together is the most keys that one question has.
	together = 100

	// most is how many loads may wait. The next is refused, since a hundred
	// questions would come before it.
	most = 100 * together
)

// ErrFull says that too many loads are waiting already.
var ErrFull = errors.New("too many loads are waiting for the server")

// Loads are those of one server. Set its fields before the first load.
type Loads[T any] struct {
	// One asks for a key alone. It must not take much longer than Patience.
	One func(ctx context.Context, key string) (T, error)

	// Many asks for several, and returns what there is.
	Many func(ctx context.Context, keys []string) (map[string]T, error)

	// Missing is the error for a key of which Many returns nothing.
	Missing error

	// Patience bounds a question of Many, so that a connection that does not respond
	// occupies no place for long. The loads that then still wait get an error, and
	// their callers have time to repeat them. None waits longer than its context.
	Patience time.Duration

	mu      sync.Mutex
	running int
	waiting []*load[T]
}

// A load is one that waits. Its result may be read when done is closed.
type load[T any] struct {
	key    string
	result T
	err    error
	done   chan struct{}
	gone   atomic.Bool // the visitor no longer waits for it
}

// Load asks for a key, alone or together with others, and reports whether the question was
// shared. The error is [ErrFull] if there are too many. After any other error of a shared
// question, except that of the context and Missing, the key may be asked for once more: what
// has failed may be another's.
func (l *Loads[T]) Load(ctx context.Context, key string) (result T, shared bool, err error) {
	if waiting := l.enter(key); waiting != nil {
		result, err = waiting.answer(ctx)
		return result, true, err
	}
	defer l.leave()
	result, err = l.One(ctx, key)
	return result, false, err
}

// enter returns nil if a load may run alone, and must then call leave;
// otherwise it returns a load that waits, or has failed already if there is no
// room.
func (l *Loads[T]) enter(key string) *load[T] {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running < Alone {
		l.running++
		return nil
	}
	w := &load[T]{key: key, done: make(chan struct{})}
	if len(l.waiting) >= most {
		l.forget()
	}
	if len(l.waiting) >= most {
		w.err = ErrFull
		close(w.done)
		return w
	}
	l.waiting = append(l.waiting, w)
	return w
}

// forget drops the loads for which nobody waits any more. The caller holds the
// lock.
func (l *Loads[T]) forget() {
	l.waiting = slices.DeleteFunc(l.waiting, func(w *load[T]) bool { return w.gone.Load() })
}

// leave ends a load that ran alone. Waiting loads take its place.
func (l *Loads[T]) leave() {
	if batch := l.next(); batch != nil {
		panics.Go(func() { l.run(batch) }, panics.Log(slog.Default(), "sharedload: run a batch"))
	}
}

// next returns a batch of the loads that wait, or gives up the place if none
// does.
func (l *Loads[T]) next() []*load[T] {
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
func (l *Loads[T]) run(batch []*load[T]) {
	for ; batch != nil; batch = l.next() {
		l.askFor(batch)
	}
}

func (l *Loads[T]) askFor(batch []*load[T]) {
	keys := make([]string, len(batch))
	for i, w := range batch {
		keys[i] = w.key
	}
	ctx, cancel := context.WithTimeout(context.Background(), l.Patience)
	defer cancel()
	found, err := l.askSafely(ctx, keys)
	for _, w := range batch {
		result, ok := found[w.key]
		switch {
		case err != nil:
			w.err = err
		case !ok:
			w.err = l.Missing
		default:
			w.result = result
		}
		close(w.done)
	}
}

// errPanic makes the callers repeat the loads, in the requests' goroutines: there
// a panic ends one request and not the program.
var errPanic = errors.New("the question for several keys panicked")

func (l *Loads[T]) askSafely(ctx context.Context, keys []string) (found map[string]T, err error) {
	if panics.Try(func() { found, err = l.Many(ctx, keys) }) != nil {
		return nil, errPanic
	}
	return found, err
}

// answer returns the result of the load, unless ctx is done first.
func (w *load[T]) answer(ctx context.Context) (T, error) {
	if err := timelimit.Await(ctx, w.done); err != nil {
		w.gone.Store(true)
		var none T
		return none, err
	}
	return w.result, w.err
}
