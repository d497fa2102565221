package redisstore

import (
	"time"

	"github.com/jamsession/jamsession/internal/cachevalue"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
)

// Options configure a store, or a cache, which uses only Prefix.
type Options struct {
	// Prefix is put before the session's key to form the key in Redis. For
	// Django it is django.CacheKey of KEY_PREFIX, VERSION and
	// django.EngineCache, or django.EngineCachedDB for a cache. Empty is
	// "jamsession:".
	Prefix string

	// Codec is that of session.Options, if it is django.Pickled: the values are
	// then those of Django's cache. Nil puts a header of ten bytes before the
	// data, which is faster, and which Django cannot read.
	Codec session.Codec

	// ClientCache is how long this process may answer a load from its own
	// memory. Redis sends a message at once when another process changes the
	// record, but until it arrives a load can return the old record: for about
	// a millisecond, or until a broken connection is noticed, at most for
	// ClientCache. Loads see changes by the same process at once, and saves are
	// always decided by the server. Zero means no such cache.
	ClientCache time.Duration
}

func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Prefix == "" {
		c.Prefix = "jamsession:"
	}
	return c
}

func (o *Options) check() error {
	return timelimit.NotNegative("redisstore: Options.ClientCache", o.ClientCache)
}

func (o *Options) format() cachevalue.Format {
	return cachevalue.For(o.Codec)
}
