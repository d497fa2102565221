package password

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// A queue lets few hashes run at once, and few wait for a short time. All
// others are refused at once, so that no number of visitors makes one wait
// long, and none of them costs more than this answer.
type queue struct {
	processors *semaphore.Weighted
	memory     *semaphore.Weighted // in bytes
	most       int64               // bytes there are
	room       int64               // how many may wait
	wait       time.Duration       // how long
	waiting    atomic.Int64
	work       atomic.Int64
}

func newQueue(parallel, room int, wait time.Duration, memory int64) *queue {
	return &queue{
		processors: semaphore.NewWeighted(int64(parallel)),
		memory:     semaphore.NewWeighted(memory),
		most:       memory, room: int64(room), wait: wait,
	}
}

// enter waits for a processor, and returns how to give it back. Its error is a
// *BusyError. What a hash costs makes no difference here: a guess would see
// whose it was.
func (q *queue) enter(ctx context.Context) (leave func(), err error) {
	if ctx.Err() != nil {
		return nil, q.busy(ctx)
	}
	admitted, _ := ctx.Value(togetherKey{q}).(*atomic.Bool)
	switch {
	case q.processors.TryAcquire(1):
	case admitted != nil && admitted.Load():
		err = q.processors.Acquire(ctx, 1)
	default:
		err = q.line(ctx)
	}
	if err != nil {
		return nil, q.busy(ctx)
	}
	if admitted != nil {
		admitted.Store(true)
	}
	return func() { q.processors.Release(1) }, nil
}

// line waits for a processor if there is room, and not for long.
func (q *queue) line(ctx context.Context) error {
	defer q.waiting.Add(-1)
	if q.waiting.Add(1) > q.room {
		return ErrBusy
	}
	ctx, cancel := context.WithTimeout(ctx, q.wait)
	defer cancel()
	return q.processors.Acquire(ctx, 1)
}

func (q *queue) busy(ctx context.Context) error {
	return &BusyError{RetryAfter: q.wait, cause: ctx.Err()}
}

// run runs a hash of this cost, when its memory is free, and counts its work.
// Only those who have entered call it: so no more wait for memory than there
// are processors, and each until some of the others are done. Nobody is
// refused here: it would tell which users' hashes take much.
func (q *queue) run(ctx context.Context, c Cost, hash func() error) error {
	if memory := min(c.Memory, q.most); memory > 0 {
		if err := q.memory.Acquire(ctx, memory); err != nil {
			return q.busy(ctx)
		}
		defer q.memory.Release(memory)
	}
	q.work.Add(int64(c.Work))
	return hash()
}

// togetherKey is where a context has whether one of its hashes was admitted.
type togetherKey struct{ *queue }

func (q *queue) together(ctx context.Context) context.Context {
	if ctx.Value(togetherKey{q}) != nil {
		return ctx
	}
	return context.WithValue(ctx, togetherKey{q}, new(atomic.Bool))
}
