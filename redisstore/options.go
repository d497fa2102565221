package redisstore

import (
	"fmt"
	"time"

	"github.com/jamsession/jamsession/internal/cachevalue"
	"github.com/jamsession/jamsession/internal/sessionkey"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
)

// Options configure a store, or a cache, which uses only Prefix and KeyFunc.
type Options struct {
	// Prefix is put before the session's key to form the key in Redis. For
	// Django it is django.CacheKey of KEY_PREFIX, VERSION and
	// django.EngineCache, or django.EngineCachedDB for a cache. Empty is
	// "jamsession:".
	Prefix string

	// KeyFunc returns the key in Redis for a session's key, in place of Prefix. It
	// is for a KEY_FUNCTION of Django's that does not keep the key at its end, as
	// one that hashes it. The store has no List then. Nil puts Prefix before the key.
	KeyFunc func(key string) string

	// Codec is that of session.Options, if it is django.Pickled or
	// django.CacheValues: the values are then those of Django's cache. Nil puts a
	// header of ten bytes before the data, which is faster, and which Django cannot
	// read.
	Codec session.Codec

	// ClientCache is how long this process may answer a load from its own
	// memory. Redis sends a message at once when another process changes the
	// record, but until it arrives a load can return the old record, of a session that was
	// logged out as well: for about a millisecond, or until a broken connection is noticed,
	// at most for ClientCache. Loads see changes by the same process at once, and saves are
	// always decided by the server. Zero means no such cache.
	ClientCache time.Duration

	// ClientCacheBytes is how much memory that may take: so many bytes for the values of
	// each server, and so many for what was decoded from them. Zero is 16 MiB. For the
	// values of a client that was given to [New], its own option counts.
	ClientCacheBytes int
}

func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Prefix == "" {
		c.Prefix = "jamsession:"
	}
	if c.ClientCacheBytes == 0 {
		c.ClientCacheBytes = 16 << 20
	}
	return c
}

// name returns the key in Redis of a session's key.
func (o *Options) name(key string) string {
	return sessionkey.Name(o.Prefix, o.KeyFunc, key)
}

func (o *Options) check() error {
	if err := sessionkey.CheckNames(o.KeyFunc); err != nil {
		return fmt.Errorf("redisstore: Options.KeyFunc %w", err)
	}
	if o.ClientCacheBytes < 0 {
		return fmt.Errorf("redisstore: Options.ClientCacheBytes is negative: %d", o.ClientCacheBytes)
	}
	return timelimit.NotNegative("redisstore: Options.ClientCache", o.ClientCache)
}

// cacheBytes returns how much the client-side cache may take; 0 for no such cache.
func (o *Options) cacheBytes() int {
	if o.ClientCache == 0 {
		return 0
	}
	return o.ClientCacheBytes
}

func (o *Options) format() cachevalue.Format {
	return cachevalue.For(o.Codec)
}
