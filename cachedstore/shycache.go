package cachedstore

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/jamsession/jamsession/internal/panics"
	"github.com/jamsession/jamsession/session"
)

const (
	// restTime is how long readers do not use a cache after a failure.
	restTime = time.Second

	// maxMissed is how many sessions may wait for their tombstone. If there are
	// more, no entry is trusted until all that existed have expired.
	maxMissed = 10_000
)

// A shyCache never fails and never waits long. It remembers the sessions whose
// change it has missed, and does not serve them.
type shyCache struct {
	cache Cache
	opts  Options

	mu       sync.Mutex
	rest     time.Time            // no reads before
	silence  time.Time            // no warning before
	distrust time.Time            // no entry is trusted before
	missed   map[string]time.Time // keys that wait for a tombstone, and until when
	wake     *time.Timer          // for the next attempt; nil if nothing waits
	attempts sync.WaitGroup
	closed   bool
}

func newShyCache(cache Cache, opts Options) *shyCache {
	return &shyCache{cache: cache, opts: opts, missed: make(map[string]time.Time)}
}

// A state is the result of a read.
type state int

const (
	unknown state = iota // no reader may claim the place
	absent               // a reader may claim the place
	found
)

// get returns the value under key.
func (c *shyCache) get(ctx context.Context, key string) ([]byte, state) {
	if !c.trusted(key) {
		return nil, unknown
	}
	begin := time.Now()
	limited, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	value, err := c.cache.Get(limited, key)
	switch {
	case err == nil:
		return value, found
	case errors.Is(err, session.ErrNotFound):
		return nil, absent
	case errors.Is(err, session.ErrTooLarge):
		c.complain(err)
	case c.hadTime(ctx, begin):
		c.failed(err)
	}
	return nil, unknown
}

// hadTime reports whether a call that has failed says something about the
// cache: not if its visitor has left, or came with hardly any time.
func (c *shyCache) hadTime(ctx context.Context, begin time.Time) bool {
	switch err := ctx.Err(); {
	case err == nil:
		return true
	case errors.Is(err, context.Canceled):
		return false
	default:
		return time.Since(begin) >= c.opts.Timeout/2
	}
}

func (c *shyCache) trusted(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	_, missed := c.missed[key]
	return !missed && !now.Before(c.rest) && !now.Before(c.distrust)
}

// claim puts a tombstone into an empty place, or in the place of old if that is
// not nil, and returns it. It returns nil if it cannot.
func (c *shyCache) claim(ctx context.Context, key string, old []byte) []byte {
	tombstone := newTombstone()
	if old != nil {
		if !c.swap(ctx, key, old, tombstone, tombstoneLife) {
			return nil
		}
		return tombstone
	}
	if !c.add(ctx, key, tombstone, tombstoneLife) {
		return nil
	}
	return tombstone
}

// add puts value into an empty place, and reports whether it certainly did.
func (c *shyCache) add(ctx context.Context, key string, value []byte, ttl time.Duration) bool {
	return c.wrote(ctx, func(ctx context.Context) error {
		return c.cache.Add(ctx, key, value, ttl)
	})
}

// swap puts value in the place of old, and reports whether it certainly did.
func (c *shyCache) swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) bool {
	return c.wrote(ctx, func(ctx context.Context) error {
		return c.cache.Swap(ctx, key, old, value, ttl)
	})
}

// wrote reports whether a call certainly wrote. What it is refused is no reason
// to stop reading: the value may be too large, or the memory full.
func (c *shyCache) wrote(ctx context.Context, write func(context.Context) error) bool {
	err := c.within(ctx, write)
	if err != nil && !isMiss(err) && ctx.Err() == nil {
		c.complain(err)
	}
	return err == nil
}

// bury takes away any value, and returns the tombstone that it put there, or nil
// if it put none. If it could not take it away it schedules another attempt.
//
// It does not stop when ctx is done: the session has changed even if the
// visitor has gone.
func (c *shyCache) bury(ctx context.Context, key string) []byte {
	c.mu.Lock()
	mark := c.missed[key]
	c.mu.Unlock()
	tombstone, err := c.erase(context.WithoutCancel(ctx), key)
	if err != nil {
		c.miss(key)
		return nil
	}
	c.forgive(key, mark)
	return tombstone
}

// erase puts a tombstone in the place of any value, and returns it. If it is
// refused it deletes the value, and returns nil: readers put an entry only where
// their own tombstone still is, so that none puts back what it read before.
func (c *shyCache) erase(ctx context.Context, key string) (tombstone []byte, err error) {
	tombstone = newTombstone()
	err = c.within(ctx, func(ctx context.Context) error {
		return c.cache.Set(ctx, key, tombstone, tombstoneLife)
	})
	if err == nil {
		return tombstone, nil
	}
	c.complain(err)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, err // who does not answer is not asked twice
	}
	return nil, c.within(ctx, func(ctx context.Context) error { return c.cache.Delete(ctx, key) })
}

// has reports whether a tombstone that was put there is certainly still in its place. It
// does not stop when ctx is done, as bury does not.
func (c *shyCache) has(ctx context.Context, key string, tombstone []byte) bool {
	if tombstone == nil {
		return false
	}
	value, state := c.get(context.WithoutCancel(ctx), key)
	return state == found && bytes.Equal(value, tombstone)
}

func (c *shyCache) within(ctx context.Context, call func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	return call(ctx)
}

// miss notes that the cache has missed a change.
func (c *shyCache) miss(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	until := time.Now().Add(c.opts.Lifetime)
	if len(c.missed) >= maxMissed {
		clear(c.missed)
		c.distrust = until
		return
	}
	c.missed[key] = until
	c.schedule()
}

// schedule sets the next attempt. The caller holds the lock.
func (c *shyCache) schedule() {
	if c.wake == nil && !c.closed && len(c.missed) > 0 {
		c.attempts.Add(1)
		c.wake = time.AfterFunc(restTime, panics.Guard(c.attempt,
			panics.Log(c.opts.Logger, "cachedstore: tombstones that the cache has missed")))
	}
}

// maxFailures is how many failures end an attempt: if some of several servers
// are down, it must reach the keys of the others.
const maxFailures = 8

// attempt tries to place the missing tombstones.
func (c *shyCache) attempt() {
	defer c.attempts.Done()
	c.mu.Lock()
	waiting := maps.Clone(c.missed)
	c.mu.Unlock()
	failures := 0
	for key, mark := range waiting { // in random order
		if c.isClosed() {
			break
		}
		if time.Now().Before(mark) && c.eraseSafely(key) != nil {
			if failures++; failures == maxFailures {
				break
			}
			continue
		}
		c.forgive(key, mark)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wake = nil
	c.schedule()
}

// eraseSafely treats a panic of the cache as a failure: the attempts continue,
// since an entry that has missed its tombstone must not stay.
func (c *shyCache) eraseSafely(key string) (err error) {
	if caught := panics.Try(func() { _, err = c.erase(context.Background(), key) }); caught != nil {
		panics.Log(c.opts.Logger, "cachedstore: the cache panics")(caught)
		return caught
	}
	return err
}

// forgive notes that the cache has heard of a missed change, unless another
// change was missed meanwhile.
func (c *shyCache) forgive(key string, mark time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.missed[key].Equal(mark) {
		delete(c.missed, key)
	}
}

func (c *shyCache) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

func (c *shyCache) close() {
	c.mu.Lock()
	c.closed = true
	if c.wake != nil && c.wake.Stop() {
		c.attempts.Done()
	}
	c.mu.Unlock()
	c.attempts.Wait()
}

// failed lets the cache rest.
func (c *shyCache) failed(err error) {
	c.mu.Lock()
	c.rest = time.Now().Add(restTime)
	c.mu.Unlock()
	c.complain(err)
}

// complain logs an error, unless it has just logged one.
func (c *shyCache) complain(err error) {
	c.mu.Lock()
	now := time.Now()
	silent := now.Before(c.silence)
	if !silent {
		c.silence = now.Add(restTime)
	}
	c.mu.Unlock()
	switch {
	case silent:
	case errors.Is(err, session.ErrTooLarge):
		c.opts.Logger.Warn("cachedstore: a session is not cached", slog.Any("error", err))
	default:
		c.opts.Logger.Warn("cachedstore: the cache fails; the database answers", slog.Any("error", err))
	}
}
