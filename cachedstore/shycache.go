package cachedstore

import (
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
	unknown state = iota // no reader may fill the place
	absent               // a reader may fill the place
	found
)

// get returns the value under key.
func (c *shyCache) get(ctx context.Context, key string) ([]byte, state) {
	if !c.trusted(key) {
		return nil, unknown
	}
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	value, err := c.cache.Get(ctx, key)
	switch {
	case err == nil:
		return value, found
	case errors.Is(err, session.ErrNotFound):
		return nil, absent
	default:
		c.failed(err)
		return nil, unknown
	}
}

func (c *shyCache) trusted(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	_, missed := c.missed[key]
	return !missed && !now.Before(c.rest) && !now.Before(c.distrust)
}

// fill puts value in the place of old, or in an empty place if old is nil. It
// reports whether it did, or may have done so.
func (c *shyCache) fill(ctx context.Context, key string, old, value []byte, ttl time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	var err error
	if old == nil {
		err = c.cache.Add(ctx, key, value, ttl)
	} else {
		err = c.cache.Swap(ctx, key, old, value, ttl)
	}
	if err != nil && !isMiss(err) {
		c.failed(err)
	}
	return !isMiss(err)
}

// swap puts value in the place of old, and reports whether it certainly did.
func (c *shyCache) swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	err := c.cache.Swap(ctx, key, old, value, ttl)
	if err != nil && !isMiss(err) {
		c.failed(err)
	}
	return err == nil
}

// bury puts a tombstone in the place of any value, and returns it. If that
// fails it returns nil, and schedules another attempt.
//
// It does not stop when ctx is done: the session has changed even if the
// visitor has gone.
func (c *shyCache) bury(ctx context.Context, key string) []byte {
	c.mu.Lock()
	mark := c.missed[key]
	c.mu.Unlock()
	tombstone := newTombstone()
	if err := c.set(context.WithoutCancel(ctx), key, tombstone); err != nil {
		c.failed(err)
		c.miss(key)
		return nil
	}
	c.forgive(key, mark)
	return tombstone
}

func (c *shyCache) set(ctx context.Context, key string, value []byte) error {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	return c.cache.Set(ctx, key, value, tombstoneLife)
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
		if time.Now().Before(mark) && c.setSafely(key, newTombstone()) != nil {
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

// setSafely treats a panic of the cache as a failure: the attempts continue,
// since an entry that has missed its tombstone must not stay.
func (c *shyCache) setSafely(key string, tombstone []byte) (err error) {
	if caught := panics.Try(func() { err = c.set(context.Background(), key, tombstone) }); caught != nil {
		panics.Log(c.opts.Logger, "cachedstore: the cache panics")(caught)
		return caught
	}
	return err
}

// forgive notes that the tombstone of a missed change is placed, unless another
// change was missed meanwhile.
func (c *shyCache) forgive(key string, mark time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.missed[key].Equal(mark) {
		delete(c.missed, key)
	}
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

// failed lets the cache rest, and logs that if it did not rest already.
func (c *shyCache) failed(err error) {
	c.mu.Lock()
	now := time.Now()
	resting := now.Before(c.rest)
	c.rest = now.Add(restTime)
	c.mu.Unlock()
	if !resting {
		c.complain(err)
	}
}

func (c *shyCache) complain(err error) {
	c.opts.Logger.Warn("cachedstore: the cache fails; the database answers", slog.Any("error", err))
}
