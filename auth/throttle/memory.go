package throttle

import (
	"container/heap"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jamsession/jamsession/auth/internal/gcra"
)

// A memory is a [Ledger] in the memory of one process.
type memory struct {
	mu      sync.Mutex
	max     int
	buckets map[string]*bucket
	shelves map[Limit]*shelf // without empty ones
}

// A bucket is kept only while it is not full.
type bucket struct {
	key   string
	limit Limit
	full  int64 // when it will be full, in microseconds
	index int   // on its shelf
}

// NewMemory returns an empty store in the memory of this process: each process
// counts separately, and starts with full buckets. It keeps at most this many
// buckets; 100 000 take about 20 MB. Beyond that it forgets those of which the
// smallest part is used up, so that attempts on many names, or from many
// addresses, do not refill an exhausted bucket. The error says that the number is
// not positive.
func NewMemory(buckets int) (Store, error) {
	if buckets < 1 {
		return nil, fmt.Errorf("throttle: NewMemory: buckets is not positive: %d", buckets)
	}
	return &memory{max: buckets, buckets: make(map[string]*bucket), shelves: make(map[Limit]*shelf)}, nil
}

// Close implements [Store]. There is nothing to release.
func (m *memory) Close() error { return nil }

// Take implements [Store].
func (m *memory) Take(ctx context.Context, key string, limit Limit, now time.Time) (time.Duration, error) {
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
	} else {
		m.forget(b)
	}
	next, wait := gcra.Take(b.full, at, every, every*int64(limit.Burst))
	b.limit, b.full = limit, next
	m.keep(b)
	return time.Duration(wait) * time.Microsecond, nil
}

// Give implements [Store].
func (m *memory) Give(ctx context.Context, key string, limit Limit) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.buckets[key]; b != nil {
		m.forget(b)
		b.full -= limit.Every.Microseconds()
		m.keep(b)
	}
	return nil
}

// FullAt implements [Ledger].
func (m *memory) FullAt(ctx context.Context, key string) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.buckets[key]; b != nil {
		return time.UnixMicro(b.full), nil
	}
	return time.Time{}, nil
}

// Fill implements [Ledger].
func (m *memory) Fill(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if b := m.buckets[key]; b != nil {
		m.forget(b)
	}
	return nil
}

// makeRoom forgets the buckets that are full, and if there are still too many,
// the one of which the smallest part is used up. Among buckets of one limit,
// that is the first on the shelf.
func (m *memory) makeRoom(now int64) {
	var least *bucket
	for _, s := range m.shelves {
		for len(*s) > 0 && (*s)[0].full <= now {
			m.forget((*s)[0])
		}
		if len(*s) > 0 && (least == nil || (*s)[0].used(now) < least.used(now)) {
			least = (*s)[0]
		}
	}
	if len(m.buckets) >= m.max {
		m.forget(least)
	}
}

// used returns the part of the bucket that is used up.
func (b *bucket) used(now int64) float64 {
	return float64(b.full-now) / (float64(b.limit.Every.Microseconds()) * float64(b.limit.Burst))
}

func (m *memory) keep(b *bucket) {
	m.buckets[b.key] = b
	s := m.shelves[b.limit]
	if s == nil {
		s = new(shelf)
		m.shelves[b.limit] = s
	}
	heap.Push(s, b)
}

func (m *memory) forget(b *bucket) {
	delete(m.buckets, b.key)
	s := m.shelves[b.limit]
	heap.Remove(s, b.index)
	if len(*s) == 0 {
		delete(m.shelves, b.limit)
	}
}

// A shelf holds the buckets of one limit in a heap, with the one that will be
// full first at the top.
type shelf []*bucket

func (s shelf) Len() int           { return len(s) }
func (s shelf) Less(i, j int) bool { return s[i].full < s[j].full }

func (s shelf) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].index, s[j].index = i, j
}

func (s *shelf) Push(x any) {
	b := x.(*bucket)
	b.index = len(*s)
	*s = append(*s, b)
}

func (s *shelf) Pop() any {
	old := *s
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*s = old[:len(old)-1]
	return last
}
