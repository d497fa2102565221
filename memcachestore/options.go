package memcachestore

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jamsession/jamsession/internal/cachevalue"
	"github.com/jamsession/jamsession/internal/sessionkey"
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

	// KeyFunc returns the key in Memcached for a session's key, in place of Prefix. It
	// is for a KEY_FUNCTION of Django's that does not keep the key at its end, as
	// one that hashes it. Its keys have at most 250 bytes, no space and no control
	// character. Nil puts Prefix before the key.
	KeyFunc func(key string) string

	// Codec is that of session.Options, if it is django.Pickled or
	// django.CacheValues with pickles, compressed by zlib or not, which are the values
	// that Django's clients of Memcached read: the values are then those of Django's
	// cache. Nil puts a header of ten bytes before the data, which Django cannot read.
	Codec session.Codec

	// Hashing is how keys are distributed over several servers: "rendezvous" as
	// pymemcache does, "modula" as pylibmc does, or "ketama" or "ketama_weighted" as
	// pylibmc does whose behaviors say so. Empty is "rendezvous".
	Hashing string

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
	if err := o.checkKeys(); err != nil {
		return err
	}
	if err := o.checkCodec(); err != nil {
		return err
	}
	return timelimit.NotNegative("memcachestore: Options.Timeout", o.Timeout)
}

func (o *Options) format() cachevalue.Format {
	return cachevalue.For(o.Codec)
}

// name returns the key in Memcached of a session's key.
func (o *Options) name(key string) string {
	return sessionkey.Name(o.Prefix, o.KeyFunc, key)
}

// checkKeys refuses keys that Memcached does not take.
func (o *Options) checkKeys() error {
	if o.KeyFunc == nil {
		return checkPrefix(o.Prefix)
	}
	if err := sessionkey.CheckNames(o.KeyFunc); err != nil {
		return fmt.Errorf("memcachestore: Options.KeyFunc %w", err)
	}
	key := o.KeyFunc(strings.Repeat("0", sessionkey.MaxLength))
	if len(key) > 250 || key == "" || strings.ContainsFunc(key, isIllegal) {
		return errors.New("memcachestore: Options.KeyFunc makes a key that Memcached does not take: " +
			"it has more than 250 bytes, a space or a control character")
	}
	return nil
}

func checkPrefix(prefix string) error {
	if len(prefix) > 200 {
		return errors.New("memcachestore: Options.Prefix has more than 200 bytes")
	}
	if strings.ContainsFunc(prefix, isIllegal) {
		return errors.New("memcachestore: Options.Prefix has a space or a control character")
	}
	return nil
}

func isIllegal(r rune) bool { return r <= ' ' || r == 0x7f }

// checkCodec refuses values that no client of Django's reads.
func (o *Options) checkCodec() error {
	written, ok := o.Codec.(interface{ Serializer() string })
	if ok && written.Serializer() != "pickle" {
		return fmt.Errorf("memcachestore: Options.Codec: Django's clients of Memcached read pickles, "+
			"and no %s", written.Serializer())
	}
	if c := o.format().Compressor; c != nil && c.Name != "zlib" {
		return fmt.Errorf("memcachestore: Options.Codec: Django's clients of Memcached compress by zlib, "+
			"and not by %s", c.Name)
	}
	return nil
}

// Python's clients mark what a value is by the same flags.
const (
	flagPickle     = 1
	flagCompressed = 8 // by zlib
)

// flags returns the flags of a value that is a pickle.
func flags(value []byte) uint32 {
	if cachevalue.IsZlib(value) {
		return flagPickle | flagCompressed
	}
	return flagPickle
}

// flags returns those of a value, and 0 if Django cannot read it.
func (o *Options) flags(value []byte) uint32 {
	if o.format().Django {
		return flags(value)
	}
	return 0
}
