package redisstore

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/session"
)

// A cache is Redis as the cache of package cachedstore.
type cache struct {
	wires
	opened bool // whether this package opened the client
	opts   Options
}

// OpenCache connects to Redis as the cache of package cachedstore, as [Open]
// does. Options may be nil; only Prefix and KeyFunc matter here.
func OpenCache(ctx context.Context, url string, o *Options) (cachedstore.Cache, error) {
	opts := o.withDefaults()
	if err := opts.check(); err != nil {
		return nil, err
	}
	client, err := dial(ctx, url, 0)
	if err != nil {
		return nil, err
	}
	c := &cache{newWires(client), true, opts}
	c.loads = newLoads(c.client)
	return c, nil
}

// NewCache is [OpenCache] on a client that the caller keeps: close the cache,
// then the client. Options may be nil. The error says that the client is nil, or
// names the field that is wrong.
func NewCache(client rueidis.Client, o *Options) (cachedstore.Cache, error) {
	if client == nil {
		return nil, errors.New("redisstore: NewCache: the client is nil")
	}
	opts := o.withDefaults()
	if err := opts.check(); err != nil {
		return nil, err
	}
	return &cache{newWires(client), false, opts}, nil
}

// Close implements [cachedstore.Cache]. It ends the connections that
// [OpenCache] made.
func (c *cache) Close() error {
	if c.opened {
		c.client.Close()
	}
	return nil
}

// maxReads is how often Get asks: each connection that was cut, of which the
// client of a caller may have four, fails one call before it is made anew.
const maxReads = 5

// Get implements [cachedstore.Cache]. It asks again after a failure, which there
// is if somebody else's write has made the client leave the server, see package
// redislimit, and once after each restart. A key that holds something other than text
// is another program's, and counts as missing.
func (c *cache) Get(ctx context.Context, key string) (value []byte, err error) {
	value, err = c.get(ctx, c.opts.name(key))
	for reads := 1; reads < maxReads && !isAnswer(err) && mayBeRepeated(ctx, err); reads++ {
		value, err = c.getAlone(ctx, c.opts.name(key))
	}
	switch {
	case rueidis.IsRedisNil(err), answers(err, "WRONGTYPE "):
		return nil, session.ErrNotFound
	}
	return value, wrap(ctx, "get", err)
}

// Set implements [cachedstore.Cache]. What it stores are tombstones, which a
// server whose memory is full must take as well: it takes what a script puts in
// the place of what the script has deleted.
func (c *cache) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	cmd := c.client.B().Set().Key(c.opts.name(key)).Value(rueidis.BinaryString(value)).
		PxMilliseconds(atLeastOne(ttl)).Build()
	err := c.client.Do(ctx, cmd).Error()
	if answers(err, "OOM ") { // for lack of memory
		err = setScript.Exec(ctx, c.client, []string{c.opts.name(key)}, []string{
			rueidis.BinaryString(value), strconv.FormatInt(atLeastOne(ttl), 10),
		}).Error()
	}
	return wrap(ctx, "set", err)
}

// isAnswer reports whether the server has answered.
func isAnswer(err error) bool {
	_, refused := rueidis.IsRedisErr(err)
	return err == nil || refused || rueidis.IsRedisNil(err)
}

// answers reports whether the server has refused a command with this code.
func answers(err error, code string) bool {
	answer, ok := rueidis.IsRedisErr(err)
	return ok && strings.HasPrefix(answer.Error(), code)
}

// Add implements [cachedstore.Cache].
func (c *cache) Add(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	cmd := c.client.B().Set().Key(c.opts.name(key)).Value(rueidis.BinaryString(value)).
		Nx().PxMilliseconds(atLeastOne(ttl)).Build()
	err := c.client.Do(ctx, cmd).Error()
	if rueidis.IsRedisNil(err) {
		return session.ErrExists
	}
	return wrap(ctx, "add", err)
}

// Swap implements [cachedstore.Cache].
func (c *cache) Swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) error {
	bytes := max(len(old), len(value))
	answer, err := swapScript.Exec(ctx, c.wires.with(bytes), []string{c.opts.name(key)}, []string{
		rueidis.BinaryString(old), rueidis.BinaryString(value), strconv.FormatInt(atLeastOne(ttl), 10),
	}).AsInt64()
	if err != nil {
		return c.wires.wrap(ctx, "swap", bytes, err)
	}
	return told("swap", answer)
}

// Delete implements [cachedstore.Cache].
func (c *cache) Delete(ctx context.Context, key string) error {
	err := c.client.Do(ctx, c.client.B().Del().Key(c.opts.name(key)).Build()).Error()
	return wrap(ctx, "delete", err)
}

// atLeastOne returns a lifetime in milliseconds, never 0, which would mean
// forever.
func atLeastOne(ttl time.Duration) int64 { return max(1, ttl.Milliseconds()) }
