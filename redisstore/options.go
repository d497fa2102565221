package redisstore

import (
	"time"

	"github.com/jamsession/jamsession/internal/cachevalue"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
)

// Options configure a store, or a cache, for which Prefix alone counts.
type Options struct {
	// Prefix is what stands before the session's key in the key of Redis. For
	// Django it is django.CacheKey of KEY_PREFIX, VERSION and
	// django.EngineCache, or django.EngineCachedDB for a cache. Empty is
	// "jamsession:".
	Prefix string

	// Codec is that of session.Options, if it is django.Pickled: the values are
	// then those of Django's cache. Nil puts a header of ten bytes before the
	// data, which is faster, and which Django cannot read.
	Codec session.Codec

	// ClientCache is how long this process may answer a load from its own
	// memory. Redis tells it at once when another process changes the record,
	// but a message takes its time: for about a millisecond, or until a broken
	// connection is noticed, at most for this long, a load can see the record
	// as it was. What this process itself has changed it sees at once, and
	// saves always decide on the server. Zero means no such cache.
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
