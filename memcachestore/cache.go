package memcachestore

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/session"
)

// A cache is Memcached as the cache of package cachedstore.
type cache struct {
	client client
	opts   Options
}

// OpenCache connects to Memcached as the cache of package cachedstore, as [Open]
// does. The option Codec has no effect here: all values of a cache are pickles.
// For Django the prefix is django.CacheKey of KEY_PREFIX, VERSION and
// django.EngineCachedDB.
func OpenCache(ctx context.Context, servers []string, o *Options) (cachedstore.Cache, error) {
	opts := o.withDefaults()
	c, err := dial(ctx, servers, &opts)
	if err != nil {
		return nil, err
	}
	return &cache{c, opts}, nil
}

// Close implements [cachedstore.Cache]. It closes the idle connections.
func (c *cache) Close() error { return c.client.Close() }

func (c *cache) item(key string, value []byte, ttl time.Duration) *memcache.Item {
	return &memcache.Item{
		Key: c.opts.name(key), Value: value, Flags: flags(value), Expiration: seconds(ttl),
	}
}

// Get implements [cachedstore.Cache].
func (c *cache) Get(ctx context.Context, key string) ([]byte, error) {
	item, err := c.client.get(ctx, c.opts.name(key))
	if errors.Is(err, memcache.ErrCacheMiss) {
		return nil, session.ErrNotFound
	}
	if err != nil {
		return nil, wrap(ctx, "get", key, err)
	}
	return item.Value, nil
}

// Set implements [cachedstore.Cache].
func (c *cache) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	item := c.item(key, value, ttl)
	err := c.client.repeated(ctx, item.Key, func(mc *memcache.Client) error { return mc.Set(item) })
	return wrap(ctx, "set", key, err)
}

// Add implements [cachedstore.Cache].
func (c *cache) Add(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	item := c.item(key, value, ttl)
	err := c.client.do(ctx, item.Key, func(mc *memcache.Client) error { return mc.Add(item) })
	if errors.Is(err, memcache.ErrNotStored) {
		return session.ErrExists
	}
	return wrap(ctx, "add", key, err)
}

// Swap implements [cachedstore.Cache].
func (c *cache) Swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) error {
	item, err := c.client.get(ctx, c.opts.name(key))
	switch {
	case errors.Is(err, memcache.ErrCacheMiss):
		return session.ErrNotFound
	case err != nil:
		return wrap(ctx, "swap", key, err)
	case !bytes.Equal(item.Value, old):
		return session.ErrConflict
	}
	item.Value, item.Flags, item.Expiration = value, flags(value), seconds(ttl)
	err = c.client.do(ctx, item.Key, func(mc *memcache.Client) error { return mc.CompareAndSwap(item) })
	switch {
	case errors.Is(err, memcache.ErrCASConflict):
		return session.ErrConflict
	case errors.Is(err, memcache.ErrCacheMiss):
		return session.ErrNotFound
	}
	return wrap(ctx, "swap", key, err)
}

// Delete implements [cachedstore.Cache].
func (c *cache) Delete(ctx context.Context, key string) error {
	name := c.opts.name(key)
	err := c.client.repeated(ctx, name, func(mc *memcache.Client) error { return mc.Delete(name) })
	if errors.Is(err, memcache.ErrCacheMiss) {
		return nil
	}
	return wrap(ctx, "delete", key, err)
}
