package redisstore

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/internal/redislimit"
	"github.com/jamsession/jamsession/session"
)

var _ cachedstore.Cache = (*Cache)(nil)

// A Cache is Redis as the cache of a [cachedstore.Store]. Make one with
// [OpenCache] or [NewCache]; it is safe for concurrent use.
type Cache struct {
	client rueidis.Client
	prefix string
}

// OpenCache connects as [Open] does. Options may be nil.
func OpenCache(ctx context.Context, url string, o *Options) (*Cache, error) {
	client, _, err := dial(ctx, url, false)
	if err != nil {
		return nil, err
	}
	return NewCache(client, o)
}

// NewCache returns a cache on a client. Options may be nil. Closing the cache
// closes the client. The error says that the client is nil.
func NewCache(client rueidis.Client, o *Options) (*Cache, error) {
	if client == nil {
		return nil, errors.New("redisstore: NewCache: the client is nil")
	}
	return &Cache{redislimit.New(client), o.withDefaults().Prefix}, nil
}

// Close ends the connections.
func (c *Cache) Close() error {
	c.client.Close()
	return nil
}

// Get implements [cachedstore.Cache].
func (c *Cache) Get(ctx context.Context, key string) ([]byte, error) {
	value, err := c.client.Do(ctx, c.client.B().Get().Key(c.prefix+key).Build()).AsBytes()
	if rueidis.IsRedisNil(err) {
		return nil, session.ErrNotFound
	}
	return value, wrap(ctx, "get", err)
}

// Set implements [cachedstore.Cache].
func (c *Cache) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	cmd := c.client.B().Set().Key(c.prefix + key).Value(rueidis.BinaryString(value)).
		PxMilliseconds(atLeastOne(ttl)).Build()
	return wrap(ctx, "set", c.client.Do(ctx, cmd).Error())
}

// Add implements [cachedstore.Cache].
func (c *Cache) Add(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	cmd := c.client.B().Set().Key(c.prefix + key).Value(rueidis.BinaryString(value)).
		Nx().PxMilliseconds(atLeastOne(ttl)).Build()
	err := c.client.Do(ctx, cmd).Error()
	if rueidis.IsRedisNil(err) {
		return session.ErrExists
	}
	return wrap(ctx, "add", err)
}

// Swap implements [cachedstore.Cache].
func (c *Cache) Swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) error {
	answer, err := swapScript.Exec(ctx, c.client, []string{c.prefix + key}, []string{
		rueidis.BinaryString(old), rueidis.BinaryString(value), strconv.FormatInt(atLeastOne(ttl), 10),
	}).AsInt64()
	if err != nil {
		return wrap(ctx, "swap", err)
	}
	return told("swap", answer)
}

// atLeastOne returns a lifetime in milliseconds. None is ever endless.
func atLeastOne(ttl time.Duration) int64 { return max(1, ttl.Milliseconds()) }
