package django

import "strconv"

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
