package django

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// The names that Django's engines put before the key of a session in the
// cache.
const (
	EngineCache    = "django.contrib.sessions.cache"
	EngineCachedDB = "django.contrib.sessions.cached_db"
)

// CacheKey returns what Django's default KEY_FUNCTION makes of a key: the
// KEY_PREFIX, the VERSION and the key, with colons between. For the prefix
// that a store needs, give the name of the engine as the key.
func CacheKey(keyPrefix string, version int, key string) string {
	return keyPrefix + ":" + strconv.Itoa(version) + ":" + key
}

// CheckCacheKey returns an error for a key that Memcached cannot take, as
// Django's InvalidCacheKey: longer than 250 characters, or with a space or a
// control character.
func CheckCacheKey(key string) error {
	const longest = 250
	if n := utf8.RuneCountInString(key); n > longest {
		return fmt.Errorf("django: the cache key has %d characters, Memcached takes %d; shorten KEY_PREFIX",
			n, longest)
	}
	for _, r := range key {
		if r <= ' ' || r == 0x7f {
			return errors.New("django: the cache key has a space or a control character; change KEY_PREFIX")
		}
	}
	return nil
}
