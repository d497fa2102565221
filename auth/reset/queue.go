package reset

import "sync"

// A queue has a place for each request that waits. One source can have a tenth
// of them, so that it does not keep the others out.
type queue struct {
	mu      sync.Mutex
	closed  bool
	taken   int
	sources map[string]int // of those that have places, how many
	waiting chan asked     // has room for all places
}

func newQueue(places int) *queue {
	return &queue{sources: make(map[string]int), waiting: make(chan asked, places)}
}

// hasRoom reports whether there is a place for a request from this source.
func (q *queue) hasRoom(source string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.room(source)
}

// room: a source that is not known has no share.
func (q *queue) room(source string) bool {
	share := max(1, cap(q.waiting)/10)
	return !q.closed && q.taken < cap(q.waiting) && (source == "" || q.sources[source] < share)
}

// put gives a request a place, which is released when a worker takes the
// request, and reports whether there was one.
func (q *queue) put(a asked) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.room(a.source) {
		return false
	}
	q.taken++
	q.sources[a.source]++
	q.waiting <- a // does not wait: there are no more requests than places
	return true
}

// release gives a place back.
func (q *queue) release(source string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.taken--
	if q.sources[source]--; q.sources[source] == 0 {
		delete(q.sources, source)
	}
}

// close lets no more requests in.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed = true
		close(q.waiting)
	}
}
