package reset

import "sync"

// Places are for what waits. One source can have a tenth of them, so that it does not keep
// the others out.
type places struct {
	mu      sync.Mutex
	closed  bool
	most    int
	taken   int
	sources map[string]int // of those that have places, how many
}

func newPlaces(most int) places {
	return places{most: most, sources: make(map[string]int)}
}

// hasRoom reports whether there is a place for this source.
func (p *places) hasRoom(source string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.room(source)
}

// room: a source that is not known has no share.
func (p *places) room(source string) bool {
	share := max(1, p.most/10)
	return !p.closed && p.taken < p.most && (source == "" || p.sources[source] < share)
}

// take takes a place, which has to be released, and reports whether there was one.
func (p *places) take(source string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.takeLocked(source)
}

func (p *places) takeLocked(source string) bool {
	if !p.room(source) {
		return false
	}
	p.taken++
	p.sources[source]++
	return true
}

// release gives a place back.
func (p *places) release(source string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken--
	if p.sources[source]--; p.sources[source] == 0 {
		delete(p.sources, source)
	}
}

// close lets nobody in any more, and calls then the first time.
func (p *places) close(then func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.closed = true
		then()
	}
}

// A queue has a place for each request that waits.
type queue struct {
	places
	waiting chan asked // has room for all places
}

func newQueue(most int) *queue {
	return &queue{places: newPlaces(most), waiting: make(chan asked, most)}
}

// put gives a request a place, which is released when a worker takes the
// request, and reports whether there was one.
func (q *queue) put(a asked) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.takeLocked(a.source) {
		return false
	}
	q.waiting <- a // does not wait: there are no more requests than places
	return true
}

// close lets no more requests in.
func (q *queue) close() { q.places.close(func() { close(q.waiting) }) }
