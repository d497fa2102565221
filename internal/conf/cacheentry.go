package conf

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jamsession/jamsession/secret"
)

// A Cache is one entry of Django's CACHES.
type Cache struct {
	URL         secret.Text // without the other fields
	KeyPrefix   string      // KEY_PREFIX
	Version     int         // VERSION
	Serializer  string      // SERIALIZER: "pickle", "json" or "msgpack"
	Compressor  string      // COMPRESSOR: "none", "zlib", "gzip", "lzma", "zstd" or "lz4"
	KeyFunction string      // KEY_FUNCTION: "django", "key" or "prefix"
	Hashing     string      // HASHING: "rendezvous", "modula", "ketama" or "ketama_weighted"
	MaxEntries  int         // MAX_ENTRIES of Django, which then deletes others

	ClientCache    time.Duration // CLIENT_CACHE; 0 for none
	ClientCacheMiB int           // CLIENT_CACHE_MIB
}

// cacheNames are the entries of a table in CACHES, beside URL.
var cacheNames = []string{
	"KEY_PREFIX", "VERSION", "SERIALIZER", "COMPRESSOR", "KEY_FUNCTION", "HASHING", "MAX_ENTRIES",
	"CLIENT_CACHE", "CLIENT_CACHE_MIB",
}

// djangosMaxEntries is Django's default.
const djangosMaxEntries = 300

func newCache() Cache {
	return Cache{
		Version: 1, Serializer: "pickle", Compressor: "none", KeyFunction: "django",
		Hashing: "rendezvous", MaxEntries: djangosMaxEntries, ClientCacheMiB: 16,
	}
}

// set takes one entry of a table.
func (c *Cache) set(name string, v value) error {
	switch name {
	case "KEY_PREFIX":
		return setText(&c.KeyPrefix, v)
	case "VERSION":
		return setInt(&c.Version, v, -1<<31)
	case "MAX_ENTRIES":
		return setInt(&c.MaxEntries, v, 1)
	case "CLIENT_CACHE":
		return setClientCache(&c.ClientCache, v)
	case "CLIENT_CACHE_MIB":
		n, err := v.int(1, 1024)
		c.ClientCacheMiB = int(n)
		return err
	case "SERIALIZER":
		return setOneOf(&c.Serializer, v, "pickle", "json", "msgpack")
	case "COMPRESSOR":
		return setOneOf(&c.Compressor, v, "none", "zlib", "gzip", "lzma", "zstd", "lz4")
	case "KEY_FUNCTION":
		return setOneOf(&c.KeyFunction, v, "django", "key", "prefix")
	case "HASHING":
		return setOneOf(&c.Hashing, v, "rendezvous", "modula", "ketama", "ketama_weighted")
	}
	return nil
}

func setText(to *string, v value) (err error) {
	*to, err = v.text()
	return err
}

func setInt(to *int, v value, least int64) error {
	n, err := v.int(least, 1<<31-1)
	*to = int(n)
	return err
}

// setClientCache takes seconds; a day at most, since a value may be as old as that.
func setClientCache(to *time.Duration, v value) error {
	n, err := v.int(0, 24*60*60)
	*to = time.Duration(n) * time.Second
	return err
}

func setOneOf(to *string, v value, names ...string) error {
	text, err := v.text()
	if err == nil && !slices.Contains(names, text) {
		err = fmt.Errorf("want one of %s", strings.Join(names, ", "))
	}
	*to = text
	return err
}

// check says what a cache of its kind cannot do.
func (c Cache) check() error {
	if err := c.checkPlace(); err != nil {
		return err
	}
	switch kind := c.Kind(); {
	case kind == "redis":
		return nil
	case c.ClientCache > 0:
		return errors.New("CLIENT_CACHE: only Redis tells its clients what has changed")
	case kind == "memory":
		return nil
	case c.Serializer != "pickle":
		return fmt.Errorf("SERIALIZER: Django's cache of this kind writes pickles, and no %s", c.Serializer)
	case c.Compressor == "none", kind == "memcached" && c.Compressor == "zlib":
		return nil
	case kind == "memcached":
		return fmt.Errorf("COMPRESSOR: want none or zlib: Django's clients of Memcached read no %s",
			c.Compressor)
	default:
		return errors.New("COMPRESSOR: Django's cache of this kind has no other than its own")
	}
}
