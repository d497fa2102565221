package cachedstore_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jamsession/jamsession/session"
)

// mapCache is a cache whose faults a test chooses.
type mapCache struct {
	mu     sync.Mutex
	values map[string]value
	down   bool
	full   bool // takes nothing, and answers what it has
	frozen bool // the same, and deletes nothing
	most   int  // bytes of a value; if negative, the error is session.ErrTooLarge
	keeps  bool // entries that have expired
	lies   bool // that what it did has failed
	slow   bool // answers when the context ends
	before func(method, key string)
	after  func(method, key string)
	calls  map[string]int
}

type value struct {
	bytes []byte
	end   time.Time
}

func newMapCache() *mapCache {
	return &mapCache{values: make(map[string]value), calls: make(map[string]int)}
}

var errDown = errors.New("cache is down")

// do runs one method, as one step.
func (c *mapCache) do(ctx context.Context, method, key string, step func(v value, ok bool) error) error {
	c.mu.Lock()
	before, after, slow, lies := c.before, c.after, c.slow, c.lies
	down := c.down || c.full && method != "Get" && method != "Delete" || c.frozen && method != "Get"
	c.calls[method]++
	c.mu.Unlock()
	if slow {
		<-ctx.Done()
		return ctx.Err()
	}
	if down {
		return errDown
	}
	if before != nil {
		before(method, key)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	v, ok := c.values[key]
	err := step(v, ok && (c.keeps || time.Now().Before(v.end)))
	c.mu.Unlock()
	if after != nil {
		after(method, key)
	}
	if lies {
		return errDown
	}
	return err
}

// fits returns an error for a value that is too large.
func (c *mapCache) fits(v []byte) error {
	switch {
	case c.most > 0 && len(v) > c.most:
		return errors.New("this one is too large")
	case c.most < 0 && len(v) > -c.most:
		return session.ErrTooLarge
	}
	return nil
}

func (c *mapCache) put(key string, v []byte, ttl time.Duration) {
	c.values[key] = value{v, time.Now().Add(ttl)}
}

func (c *mapCache) Get(ctx context.Context, key string) (got []byte, err error) {
	err = c.do(ctx, "Get", key, func(v value, ok bool) error {
		if !ok {
			return session.ErrNotFound
		}
		got = v.bytes
		if c.most < 0 {
			return c.fits(got)
		}
		return nil
	})
	return got, err
}

func (c *mapCache) Set(ctx context.Context, key string, v []byte, ttl time.Duration) error {
	return c.do(ctx, "Set", key, func(value, bool) error {
		c.put(key, v, ttl)
		return nil
	})
}

func (c *mapCache) Add(ctx context.Context, key string, v []byte, ttl time.Duration) error {
	return c.do(ctx, "Add", key, func(_ value, ok bool) error {
		if ok {
			return session.ErrExists
		}
		if err := c.fits(v); err != nil {
			return err
		}
		c.put(key, v, ttl)
		return nil
	})
}

func (c *mapCache) Swap(ctx context.Context, key string, old, v []byte, ttl time.Duration) error {
	return c.do(ctx, "Swap", key, func(stored value, ok bool) error {
		switch {
		case !ok:
			return session.ErrNotFound
		case !bytes.Equal(stored.bytes, old):
			return session.ErrConflict
		}
		if err := c.fits(v); err != nil {
			return err
		}
		c.put(key, v, ttl)
		return nil
	})
}

func (c *mapCache) Delete(ctx context.Context, key string) error {
	return c.do(ctx, "Delete", key, func(value, bool) error {
		delete(c.values, key)
		return nil
	})
}

func (*mapCache) Close() error { return nil }

// fail makes the cache down or slow from now on, or neither.
func (c *mapCache) fail(down, slow bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down, c.slow = down, slow
}

// fill makes the cache take nothing from now on, as one does without memory, or
// something again.
func (c *mapCache) fill(full bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.full = full
}

// freeze makes the cache change nothing from now on, as Redis does if it cannot
// write to its disk.
func (c *mapCache) freeze() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frozen = true
}

// hook runs a function before or after each method from now on.
func (c *mapCache) hook(before, after func(method, key string)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.before, c.after = before, after
}

// lose forgets everything, as a restart does.
func (c *mapCache) lose() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.values)
}

// holds returns the live value under key.
func (c *mapCache) holds(key string) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v := c.values[key]; time.Now().Before(v.end) {
		return v.bytes
	}
	return nil
}

func (c *mapCache) count(method string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls[method]
}
