package sharing

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/diffsettings"
	"github.com/jamsession/jamsession/settings"
)

// cacheKinds are the backends whose values this program reads and writes.
var cacheKinds = map[string]string{
	"django.core.cache.backends.redis.RedisCache":          "redis",
	"django_redis.cache.RedisCache":                        "redis",
	"django.core.cache.backends.memcached.PyMemcacheCache": "memcached",
	"django.core.cache.backends.memcached.PyLibMCCache":    "memcached",
	"django.core.cache.backends.memcached.MemcachedCache":  "memcached",
	"django.core.cache.backends.locmem.LocMemCache":        "locmem",
	"django.core.cache.backends.dummy.DummyCache":          "dummy",
	"django.core.cache.backends.db.DatabaseCache":          "db",
	"django.core.cache.backends.filebased.FileBasedCache":  "file",
}

// cache compares the caches in which the sessions are.
func (s site) cache() []settings.Finding {
	engine, _ := s.djangoEngine()
	if engine != s.here.SessionEngine || engine != "cache" && engine != "cached_db" {
		return nil
	}
	caches, _ := s.django["CACHES"].(diffsettings.Dict)
	alias, _ := s.django["SESSION_CACHE_ALIAS"].(string)
	value, _ := caches.Get(alias)
	there, ok := value.(diffsettings.Dict)
	if !ok {
		return notUnderstood("CACHES")
	}
	here, ok := s.here.Caches[s.here.SessionCacheAlias]
	if !ok {
		return failure("E105", "Django's sessions are in a cache, and no cache is set here.",
			"Set CACHE_URL to the server in Django's CACHES.")
	}
	findings := s.cacheBackend(there, here)
	if len(findings) > 0 {
		return findings
	}
	if s.here.SessionCacheFormat == "plain" {
		findings = append(findings, failure("E105", "SESSION_CACHE_FORMAT is plain: Django can read "+
			"nothing "+
			"of what is written here.", "Remove the setting.")...)
	}
	findings = append(findings, cacheKeys(there, here)...)
	return append(findings, cacheServers(there, here)...)
}

func (s site) cacheBackend(there diffsettings.Dict, here settings.Cache) []settings.Finding {
	value, _ := there.Get("BACKEND")
	name, _ := value.(string)
	kind := cacheKinds[name]
	switch scheme, _, _ := strings.Cut(here.URL.Reveal(), ":"); {
	case kind == "locmem" || kind == "dummy":
		return failure("E105", "Django's sessions are in the cache "+name+", which no other process "+
			"sees.",
			"Use Redis or Memcached in Django's CACHES, and the same in CACHE_URL here.")
	case kind != "redis" && kind != "memcached":
		return failure("E105", "Django's sessions are in the cache "+name+", which cannot be read here.",
			"Use Redis or Memcached in Django's CACHES, and the same in CACHE_URL here.")
	case (scheme == "memcached") != (kind == "memcached") || scheme == "memory":
		return failure("E105", fmt.Sprintf("Django's sessions are in a cache of the kind %s, here in "+
			"one of "+
			"the kind %s.", kind, scheme), "Set CACHE_URL here to Django's server.")
	}
	return nil
}

// cacheKeys compares what makes the keys and values of entries.
func cacheKeys(there diffsettings.Dict, here settings.Cache) []settings.Finding {
	var findings []settings.Finding
	if f, _ := there.Get("KEY_FUNCTION"); f != nil {
		findings = append(findings, failure("E105", "KEY_FUNCTION of Django's cache makes keys that are "+
			"unknown here.", "Remove it from CACHES.")...)
	}
	for _, k := range []struct{ name, ifNotSet, here string }{
		{"KEY_PREFIX", "", here.KeyPrefix},
		{"VERSION", "1", fmt.Sprint(here.Version)},
	} {
		value, ok := there.Get(k.name)
		text, plainly := plain(value)
		if !ok {
			text, plainly = k.ifNotSet, true
		}
		if plainly && text == k.here {
			continue
		}
		findings = append(findings, failure("E105", fmt.Sprintf("%s of the cache is %s in Django and "+
			"%s here: "+
			"neither side finds the other's sessions.", k.name, shown(text), shown(k.here)),
			"Add ?"+strings.ToLower(k.name)+"= with Django's value to CACHE_URL.")...)
	}
	value, _ := there.Get("OPTIONS")
	options, _ := value.(diffsettings.Dict)
	for _, name := range []string{"SERIALIZER", "serializer", "COMPRESSOR", "serde", "compressor"} {
		if _, ok := options.Get(name); ok {
			findings = append(findings, failure("E105", "The option "+name+" of Django's cache "+
				"changes what is "+
				"stored: here only plain pickles are read.", "Remove the option from CACHES.")...)
		}
	}
	return findings
}

// cacheServers compares where the servers are, as far as both are understood.
func cacheServers(there diffsettings.Dict, here settings.Cache) []settings.Finding {
	value, _ := there.Get("LOCATION")
	locations, ok := asTexts(value)
	if text, isText := value.(string); isText {
		locations, ok = regexp.MustCompile("[;,]").Split(text, -1), true
	}
	raw := here.URL.Reveal()
	_, rest, _ := strings.Cut(raw, "://")
	rest, _, _ = strings.Cut(rest, "?")
	mine := strings.Split(rest, ",")
	if !strings.HasPrefix(raw, "memcached") {
		if len(locations) > 0 {
			locations = locations[:1] // Django writes to the first
		}
		mine = []string{raw}
	}
	if !ok || slices.Equal(addresses(locations), addresses(mine)) {
		return nil
	}
	return warning("W105", "LOCATION of Django's cache seems to be another server, another database "+
		"of it, or "+
		"a list in another order than CACHE_URL here: neither side finds the other's sessions.",
		"Set CACHE_URL to Django's servers, in its order.")
}

// addresses are comparable, and without passwords.
func addresses(locations []string) []string {
	var list []string
	for _, location := range locations {
		list = append(list, address(strings.TrimSpace(location)))
	}
	return list
}

func address(location string) string {
	for _, prefix := range []string{"memcached://", "unix://", "unix:"} {
		location = strings.TrimPrefix(location, prefix)
	}
	location, query, _ := strings.Cut(location, "?")
	if strings.HasPrefix(location, "/") {
		return location + "#" + database(query, "")
	}
	if !strings.Contains(location, "://") {
		location = "memcached://" + location
	}
	u, err := url.Parse(location)
	if err != nil {
		return "?"
	}
	port := u.Port()
	if port == "" {
		port = map[bool]string{true: "11211", false: "6379"}[u.Scheme == "memcached"]
	}
	return hostName(u.Hostname()) + ":" + port + "#" + database(query, u.Path)
}

// database returns which database of Redis is meant.
func database(query, path string) string {
	values, _ := url.ParseQuery(query)
	if db := values.Get("db"); db != "" {
		return db
	}
	if db := strings.Trim(path, "/"); db != "" {
		return db
	}
	return "0"
}

// hostName makes the names of this machine equal.
func hostName(host string) string {
	switch host {
	case "", "127.0.0.1", "::1":
		return "localhost"
	}
	return strings.ToLower(host)
}
