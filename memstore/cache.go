package memstore

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/session"
)

// A cache is a [cachedstore.Cache] in memory.
type cache struct {
	// lru is a function, since package fmt, which may call no methods of
	// unexported fields, would print keys and values.
	lru func() *lru
}

// An lru holds the values of a cache.
type lru struct {
	mu     sync.Mutex
	max    int
	values map[string]*value
	oldest *value // in a ring in order of use
}

type value struct {
	key        string
	bytes      []byte
	end        time.Time
	prev, next *value
}

// NewCache returns a cache in memory for package cachedstore, for sites of one
// process. It holds at most max values; when it is full, it drops the least
// recently used. The error says that max is not positive.
func NewCache(max int) (cachedstore.Cache, error) {
	if max < 1 {
		return nil, fmt.Errorf("memstore: NewCache: max is not positive: %d", max)
	}
	l := &lru{max: max, values: make(map[string]*value)}
	return &cache{func() *lru { return l }}, nil
}

// Close implements [cachedstore.Cache]. There is nothing to release.
func (c *cache) Close() error { return nil }

// Get implements [cachedstore.Cache].
func (c *cache) Get(ctx context.Context, key string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return c.lru().get(key)
}

// Set implements [cachedstore.Cache].
func (c *cache) Set(ctx context.Context, key string, b []byte, ttl time.Duration) error {
	return c.change(ctx, key, b, ttl, func(*value) error { return nil })
}

// Add implements [cachedstore.Cache].
func (c *cache) Add(ctx context.Context, key string, b []byte, ttl time.Duration) error {
	return c.change(ctx, key, b, ttl, func(v *value) error {
		if v != nil {
			return session.ErrExists
		}
		return nil
	})
}

// Swap implements [cachedstore.Cache].
func (c *cache) Swap(ctx context.Context, key string, old, b []byte, ttl time.Duration) error {
	return c.change(ctx, key, b, ttl, func(v *value) error {
		switch {
		case v == nil:
			return session.ErrNotFound
		case !bytes.Equal(v.bytes, old):
			return session.ErrConflict
		}
		return nil
	})
}

// Delete implements [cachedstore.Cache].
func (c *cache) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.lru().delete(key)
	return nil
}

// change stores b if allow returns nil for the live value under key, which is
// nil if there is none.
func (c *cache) change(
	ctx context.Context, key string, b []byte, ttl time.Duration, allow func(*value) error,
) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return c.lru().change(&value{key: key, bytes: b, end: time.Now().Add(ttl)}, allow)
}

func (l *lru) get(key string) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.live(key)
	if v == nil {
		return nil, session.ErrNotFound
	}
	l.unlink(v)
	l.link(v)
	return v.bytes, nil
}

func (l *lru) change(v *value, allow func(*value) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := allow(l.live(v.key)); err != nil {
		return err
	}
	l.remove(l.values[v.key])
	if len(l.values) == l.max {
		l.remove(l.oldest)
	}
	l.values[v.key] = v
	l.link(v)
	return nil
}

func (l *lru) delete(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.remove(l.values[key])
}

// live returns the value under key unless it has expired, or nil.
func (l *lru) live(key string) *value {
	if v := l.values[key]; v != nil && time.Now().Before(v.end) {
		return v
	}
	return nil
}

func (l *lru) remove(v *value) {
	if v != nil {
		l.unlink(v)
		delete(l.values, v.key)
	}
}

// link puts a value at the end of the ring, as the most recently used.
func (l *lru) link(v *value) {
	if l.oldest == nil {
		v.prev, v.next = v, v
		l.oldest = v
		return
	}
	v.prev, v.next = l.oldest.prev, l.oldest
	v.prev.next, v.next.prev = v, v
}

func (l *lru) unlink(v *value) {
	if v.next == v {
		l.oldest = nil
		return
	}
	v.prev.next, v.next.prev = v.next, v.prev
	if l.oldest == v {
		l.oldest = v.next
	}
}
