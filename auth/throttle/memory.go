package throttle

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"github.com/jamsession/jamsession/internal/gcra"
)

// defaultBuckets is about 20 MB of them.
const defaultBuckets = 100_000

// A Memory is a [Store] in the memory of one process: each process counts for
// itself, and forgets when it ends. Make one with [NewMemory]; it is safe for
// concurrent use.
type Memory struct {
	mu      sync.Mutex
	max     int
	buckets map[string]*bucket
	order   fullFirst
}

// A bucket is one that is not full.
type bucket struct {
	key   string
	full  int64 // when it will be, in microseconds
	index int   // in the order
}

// NewMemory returns an empty store that keeps at most so many buckets; zero is
// 100 000, about 20 MB. Beyond that it forgets those that would be full
// soonest, so that attempts on many names do not free one that is exhausted.
func NewMemory(buckets int) *Memory {
	if buckets <= 0 {
		buckets = defaultBuckets
	}
	return &Memory{max: buckets, buckets: make(map[string]*bucket)}
}

// Take implements [Store].
func (m *Memory) Take(ctx context.Context, key string, limit Limit, now time.Time) (time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	every := limit.Every.Microseconds()
	at := now.UnixMicro()
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.buckets[key]
	if b == nil {
		m.makeRoom(at)
		b = &bucket{key: key}
		m.buckets[key] = b
		heap.Push(&m.order, b)
	}
	next, wait := gcra.Take(b.full, at, every, every*int64(limit.Burst))
	b.full = next
	heap.Fix(&m.order, b.index)
	return time.Duration(wait) * time.Microsecond, nil
}

// makeRoom forgets the buckets that are full, and the next one if there are
// too many.
func (m *Memory) makeRoom(now int64) {
	for len(m.order) > 0 && (m.order[0].full <= now || len(m.order) >= m.max) {
		m.forget(m.order[0])
	}
}

// Give implements [Store].
func (m *Memory) Give(ctx context.Context, key string, limit Limit) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.buckets[key]; b != nil {
		b.full -= limit.Every.Microseconds()
		heap.Fix(&m.order, b.index)
	}
	return nil
}

func (m *Memory) forget(b *bucket) {
	heap.Remove(&m.order, b.index)
	delete(m.buckets, b.key)
}

// fullFirst is a heap with the bucket on top that will be full first.
type fullFirst []*bucket

func (h fullFirst) Len() int           { return len(h) }
func (h fullFirst) Less(i, j int) bool { return h[i].full < h[j].full }

func (h fullFirst) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *fullFirst) Push(x any) {
	b := x.(*bucket)
	b.index = len(*h)
	*h = append(*h, b)
}

func (h *fullFirst) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return last
}
