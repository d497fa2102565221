package site

import (
	"context"
	"fmt"
	"strings"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/filestore"
	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/internal/siteparts"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// cacheOptions returns how the sessions' cache keeps the values of an engine.
func (s *Site) cacheOptions(engine string, codec session.Codec) siteparts.CacheOptions {
	c := s.conf.Caches[s.conf.SessionCacheAlias]
	o := siteparts.CacheOptions{Prefix: keyOf(c, engine), Codec: codec, Hashing: c.Hashing}
	if f := s.opts.CacheKey; f != nil {
		o.Prefix, o.KeyFunc = prefixOf(func(key string) string {
			return f(engine+key, c.KeyPrefix, c.Version)
		})
	}
	return o
}

// keyOf returns what the KEY_FUNCTION of a name makes of a key.
func keyOf(c conf.Cache, key string) string {
	switch c.KeyFunction {
	case "key":
		return key
	case "prefix":
		return c.KeyPrefix + ":" + key
	}
	return django.CacheKey(c.KeyPrefix, c.Version, key)
}

// prefixOf returns what a function puts before all keys, or the function if it does
// something else to them. With a prefix the keys can be listed.
func prefixOf(f func(key string) string) (prefix string, same func(key string) string) {
	for i, probe := range [...]string{
		"0123456789abcdefghijklmnopqrstuv", "zyxwvutsrqponmlkjihgfedcba9876543210zyxw",
	} {
		before, ok := strings.CutSuffix(f(probe), probe)
		if !ok || before == "" || i > 0 && before != prefix {
			return "", f
		}
		prefix = before
	}
	return prefix, nil
}

// openPlainCache opens a cache that needs no client: a table or a folder of Django's.
func (s *Site) openPlainCache(
	ctx context.Context, c conf.Cache, o siteparts.CacheOptions,
) (cache cachedstore.Cache, err error) {
	if c.Kind() == "db" {
		cache, err = sqlstore.NewCache(ctx, s.Database, c.Place(), &sqlstore.CacheOptions{
			Prefix: o.Prefix, KeyFunc: o.KeyFunc,
		})
	} else {
		cache, err = filestore.NewCache(c.Place(), &filestore.Options{
			Prefix: o.Prefix, KeyFunc: o.KeyFunc, AllowFilesOfUsers: s.conf.SessionFileAllowUsers,
		})
	}
	if err != nil {
		return nil, cacheError(err)
	}
	s.keep(cache)
	return cache, nil
}

// openAlone opens such a cache as a store of sessions.
func (s *Site) openAlone(ctx context.Context, c conf.Cache, o siteparts.CacheOptions) (session.Store, error) {
	cache, err := s.openPlainCache(ctx, c, o)
	if err != nil {
		return nil, err
	}
	store, err := cachedstore.NewAlone(cache, o.Codec)
	if err != nil {
		return nil, fmt.Errorf("site: %w", err)
	}
	return store, nil
}

// cacheValues returns the codec of what Django keeps in the sessions' cache.
func (s *Site) cacheValues() (session.Codec, error) {
	c := s.conf.Caches[s.conf.SessionCacheAlias]
	codec, err := django.CacheValues(c.Serializer, c.Compressor)
	if err != nil {
		return nil, fmt.Errorf("settings: CACHES: %w", err)
	}
	return codec, nil
}
