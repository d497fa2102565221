package integration

import (
	"context"
	"sync"
	"time"

	"github.com/jamsession/jamsession/session"
)

// A halt stops one request at one point of its way through the store, until
// it is let go. The request's context carries it there.
type halt struct {
	point   string // "before Load", "after Save", ...
	once    sync.Once
	reached chan struct{}
	letGo   chan struct{}
}

type haltKey struct{}

func newHalt(point string) *halt {
	return &halt{point: point, reached: make(chan struct{}), letGo: make(chan struct{})}
}

func (h *halt) context(ctx context.Context) context.Context {
	return context.WithValue(ctx, haltKey{}, h)
}

// stop waits if the request is to stop at this point. It stops once.
func stop(ctx context.Context, point string) {
	h, ok := ctx.Value(haltKey{}).(*halt)
	if !ok || h.point != point {
		return
	}
	h.once.Do(func() {
		close(h.reached)
		<-h.letGo
	})
}

// A halting store lets requests be stopped before and after each step.
type halting struct{ session.Store }

func (s halting) Load(ctx context.Context, key string) (session.Record, error) {
	stop(ctx, "before Load")
	defer stop(ctx, "after Load")
	return s.Store.Load(ctx, key)
}

func (s halting) Create(ctx context.Context, rec session.Record) error {
	stop(ctx, "before Create")
	defer stop(ctx, "after Create")
	return s.Store.Create(ctx, rec)
}

func (s halting) Save(ctx context.Context, old, new session.Record) error {
	stop(ctx, "before Save")
	defer stop(ctx, "after Save")
	return s.Store.Save(ctx, old, new)
}

func (s halting) Delete(ctx context.Context, key string) error {
	stop(ctx, "before Delete")
	defer stop(ctx, "after Delete")
	return s.Store.Delete(ctx, key)
}

func (s halting) ClearExpired(ctx context.Context, now time.Time) (int, error) {
	return s.Store.ClearExpired(ctx, now)
}
