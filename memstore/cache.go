package memstore

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/session"
)

var _ cachedstore.Cache = (*Cache)(nil)

// A Cache is memory as the cache of a [cachedstore.Store], for programs that
// are one process. It forgets the values that were not asked for longest when
// it holds more than a number of them. Make one with [NewCache]; it is safe
// for concurrent use.
type Cache struct {
	mu     sync.Mutex
	max    int
	values map[string]*value
	oldest *value // of a ring in order of use
}

type value struct {
	key        string
	bytes      []byte
	end        time.Time
	prev, next *value
}

// NewCache returns an empty cache of at most max values. It panics if max is
// not positive.
func NewCache(max int) *Cache {
	if max < 1 {
		panic("memstore: NewCache: max is not positive")
	}
	return &Cache{max: max, values: make(map[string]*value)}
}

// Get implements [cachedstore.Cache].
func (c *Cache) Get(ctx context.Context, key string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.live(key)
	if v == nil {
		return nil, session.ErrNotFound
	}
	c.unlink(v)
	c.link(v)
	return v.bytes, nil
}

// Set implements [cachedstore.Cache].
func (c *Cache) Set(ctx context.Context, key string, b []byte, ttl time.Duration) error {
	return c.change(ctx, key, b, ttl, func(*value) error { return nil })
}

// Add implements [cachedstore.Cache].
func (c *Cache) Add(ctx context.Context, key string, b []byte, ttl time.Duration) error {
	return c.change(ctx, key, b, ttl, func(v *value) error {
		if v != nil {
			return session.ErrExists
		}
		return nil
	})
}

// Swap implements [cachedstore.Cache].
func (c *Cache) Swap(ctx context.Context, key string, old, b []byte, ttl time.Duration) error {
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

// change stores bytes if allow says so of the live value that is there, or nil.
func (c *Cache) change(
	ctx context.Context, key string, b []byte, ttl time.Duration, allow func(*value) error,
) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := allow(c.live(key)); err != nil {
		return err
	}
	c.remove(c.values[key])
	if len(c.values) == c.max {
		c.remove(c.oldest)
	}
	v := &value{key: key, bytes: b, end: time.Now().Add(ttl)}
	c.values[key] = v
	c.link(v)
	return nil
}

// live returns the value under key unless it has expired, or nil.
func (c *Cache) live(key string) *value {
	if v := c.values[key]; v != nil && time.Now().Before(v.end) {
		return v
	}
	return nil
}

func (c *Cache) remove(v *value) {
	if v != nil {
		c.unlink(v)
		delete(c.values, v.key)
	}
}

// link puts a value at the end of the ring: it was used last.
func (c *Cache) link(v *value) {
	if c.oldest == nil {
		v.prev, v.next = v, v
		c.oldest = v
		return
	}
	v.prev, v.next = c.oldest.prev, c.oldest
	v.prev.next, v.next.prev = v, v
}

func (c *Cache) unlink(v *value) {
	if v.next == v {
		c.oldest = nil
		return
	}
	v.prev.next, v.next.prev = v.next, v.prev
	if c.oldest == v {
		c.oldest = v.next
	}
}
