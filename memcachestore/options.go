package memcachestore

import (
	"time"

	"github.com/jamsession/jamsession/internal/cachevalue"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
)

// Options configure a store or a cache.
type Options struct {
	// Prefix is put before the session's key to form the key in Memcached. For
	// Django it is django.CacheKey of KEY_PREFIX, VERSION and
	// django.EngineCache. It has at most 200 bytes, no space and no control
	// character. Empty is "jamsession:".
	Prefix string

	// Codec is that of session.Options, if it is django.Pickled: the values are
	// then those of Django's cache. Nil puts a header of ten bytes before the
	// data, which Django cannot read.
	Codec session.Codec

	// Timeout is how long a server may take for one answer. Zero is a second.
	Timeout time.Duration
}

func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Prefix == "" {
		c.Prefix = "jamsession:"
	}
	if c.Timeout == 0 {
		c.Timeout = time.Second
	}
	return c
}

// check names the field that is wrong.
func (o *Options) check() error {
	if err := checkPrefix(o.Prefix); err != nil {
		return err
	}
	return timelimit.NotNegative("memcachestore: Options.Timeout", o.Timeout)
}

func (o *Options) format() cachevalue.Format {
	return cachevalue.For(o.Codec)
}

// flags returns pymemcache's flags of a value: 1 for a pickle, 0 for bytes.
func (o *Options) flags() uint32 {
	if o.format() == cachevalue.Django {
		return 1
	}
	return 0
}
