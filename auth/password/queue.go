package password

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/jamsession/jamsession/internal/hashqueue"
)

// A queue lets a few hashes run at once, and a few wait for a short time. It
// refuses all others at once, so that no visitor waits long in a crowd, and a
// refused visitor costs no more than the answer.
//
// Sources take turns, starting with those that have had no hash yet, and none
// can fill the queue: when there is no room left, a source with fewer calls
// waiting takes the last place of the source with the most.
type queue struct {
	parallel, room int           // how many may run, and how many may wait
	wait           time.Duration // how long one may wait
	memory         *semaphore.Weighted
	most           int64 // bytes of memory that hashes may use
	work           atomic.Int64

	mu      sync.Mutex
	running map[string]int // hashes by source, without zeros
	busy    int            // hashes in all
	waiting int            // calls in all lines
	lines   []*line        // the next one first, without empty ones
	halves  []*waiter      // attempts that are half done: they go first
}

// A line holds the waiters of one source, in order of arrival.
type line struct {
	source  string
	served  bool // the source has had a hash while it waited, or has one
	waiters []*waiter
}

// A waiter is notified once, that it may run or that it has lost its place.
type waiter struct {
	source string
	told   chan struct{} // closed with the notice
	enter  bool
}

func newQueue(parallel, room int, wait time.Duration, memory int64) *queue {
	return &queue{
		parallel: parallel, room: room, wait: wait,
		memory: semaphore.NewWeighted(memory), most: memory,
		running: make(map[string]int),
	}
}

// enter waits for a processor, and returns the function that gives it back.
// Together becomes true with the first hash of an attempt; it may be nil. The
// error is ErrBusy. The cost of a hash makes no difference here: otherwise the
// answer to a guess would depend on the user.
func (q *queue) enter(ctx context.Context, together *atomic.Bool) (leave func(), err error) {
	if ctx.Err() != nil {
		return nil, q.refusal(ctx)
	}
	half := together != nil && together.Load()
	w := q.join(hashqueue.Source(ctx), half)
	if w == nil || !q.await(ctx, w, half) {
		return nil, q.refusal(ctx)
	}
	if together != nil {
		together.Store(true)
	}
	return func() { q.leave(w) }, nil
}

// join returns a waiter, which need not wait if a processor is free, or nil if
// there is no room.
func (q *queue) join(source string, half bool) *waiter {
	q.mu.Lock()
	defer q.mu.Unlock()
	w := &waiter{source: source, told: make(chan struct{})}
	switch {
	case q.busy < q.parallel: // then nobody waits
		q.start(w)
	case half:
		q.halves = append(q.halves, w)
	case q.waiting < q.room || q.yield(source):
		own := q.line(source)
		own.waiters = append(own.waiters, w)
		q.waiting++
	default:
		return nil
	}
	return w
}

// line returns the line of a source, a new one if there is none.
func (q *queue) line(source string) *line {
	i := slices.IndexFunc(q.lines, func(l *line) bool { return l.source == source })
	if i >= 0 {
		return q.lines[i]
	}
	own := &line{source: source, served: q.running[source] > 0}
	q.insert(own)
	return own
}

// insert puts a line behind those that have been served as little.
func (q *queue) insert(l *line) {
	i := len(q.lines)
	if !l.served {
		if first := slices.IndexFunc(q.lines, func(l *line) bool { return l.served }); first >= 0 {
			i = first
		}
	}
	q.lines = slices.Insert(q.lines, i, l)
}

// yield removes the last waiter of the longest line, if that is longer than the
// line of source will be. It reports whether there is room now.
func (q *queue) yield(source string) bool {
	own, longest := 0, (*line)(nil)
	for _, l := range q.lines {
		if l.source == source {
			own = len(l.waiters)
		}
		if longest == nil || len(l.waiters) > len(longest.waiters) {
			longest = l
		}
	}
	if longest == nil || len(longest.waiters) <= own+1 {
		return false
	}
	last := longest.waiters[len(longest.waiters)-1]
	q.remove(last)
	close(last.told)
	return true
}

// await reports whether the waiter may run. It waits until the waiter is
// notified, ctx is done, or the longest wait is over; the rest of a half-done
// attempt waits for as long as it takes.
func (q *queue) await(ctx context.Context, w *waiter, half bool) bool {
	if w.isTold() {
		return w.enter
	}
	var over <-chan time.Time
	if !half {
		timer := time.NewTimer(q.wait)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-w.told:
	case <-over:
	case <-ctx.Done():
	}
	return q.end(ctx, w)
}

// end takes a waiter out of the queue if it was not notified, and reports
// whether it may run. A visitor who has gone gives the processor back.
func (q *queue) end(ctx context.Context, w *waiter) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case !w.isTold():
		q.remove(w)
		return false
	case w.enter && ctx.Err() != nil:
		q.stop(w)
		return false
	}
	return w.enter
}

func (q *queue) leave(w *waiter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stop(w)
}

// start lets a waiter run.
func (q *queue) start(w *waiter) {
	q.busy++
	q.running[w.source]++
	w.enter = true
	close(w.told)
}

// stop gives a waiter's processor to the next one.
func (q *queue) stop(w *waiter) {
	q.busy--
	if q.running[w.source]--; q.running[w.source] == 0 {
		delete(q.running, w.source)
	}
	switch {
	case len(q.halves) > 0:
		next := q.halves[0]
		q.remove(next)
		q.start(next)
	case len(q.lines) > 0:
		first := q.lines[0]
		next := first.waiters[0]
		q.remove(next)
		first.served = true
		if len(first.waiters) > 0 { // the source has its next turn after the others
			q.lines = append(slices.Delete(q.lines, 0, 1), first)
		}
		q.start(next)
	}
}

// remove takes a waiter out of its line, and the line out of the queue if it is
// empty then.
func (q *queue) remove(w *waiter) {
	if i := slices.Index(q.halves, w); i >= 0 {
		q.halves = slices.Delete(q.halves, i, i+1)
		return
	}
	for i, l := range q.lines {
		j := slices.Index(l.waiters, w)
		if j < 0 {
			continue
		}
		l.waiters = slices.Delete(l.waiters, j, j+1)
		q.waiting--
		if len(l.waiters) == 0 {
			q.lines = slices.Delete(q.lines, i, i+1)
		}
		return
	}
}

func (w *waiter) isTold() bool {
	select {
	case <-w.told:
		return true
	default:
		return false
	}
}

// run runs a hash of this cost, when its memory is free, and counts its work.
// Only hashes that have entered call it: so no more of them wait for memory
// than there are processors, each until some of the others are done. It refuses
// none: that would reveal which users' hashes need a lot of memory.
func (q *queue) run(ctx context.Context, c cost, hash func() error) error {
	if memory := min(c.memory, q.most); memory > 0 {
		if err := q.memory.Acquire(ctx, memory); err != nil {
			return q.refusal(ctx)
		}
		defer q.memory.Release(memory)
	}
	q.work.Add(int64(c.work))
	return hash()
}
