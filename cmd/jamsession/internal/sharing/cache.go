package sharing

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/diffsettings"
	"github.com/jamsession/jamsession/internal/conf"
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
func (s site) cache() []conf.Finding {
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
		return finding("cache_missing", nil)
	}
	findings := s.cacheBackend(there, here)
	if len(findings) > 0 {
		return findings
	}
	if s.here.SessionCacheFormat == "plain" {
		findings = append(findings, finding("cache_plain", nil)...)
	}
	findings = append(findings, cacheKeys(there, here)...)
	return append(findings, cacheServers(there, here)...)
}

func (s site) cacheBackend(there diffsettings.Dict, here conf.Cache) []conf.Finding {
	value, _ := there.Get("BACKEND")
	name, _ := value.(string)
	kind := cacheKinds[name]
	switch scheme, _, _ := strings.Cut(here.URL.Reveal(), ":"); {
	case kind == "locmem" || kind == "dummy":
		return finding("cache_of_one_process", fields{"Django": name})
	case kind != "redis" && kind != "memcached":
		return finding("cache_unreadable", fields{"Django": name})
	case (scheme == "memcached") != (kind == "memcached") || scheme == "memory":
		return finding("cache_kind", fields{"Django": kind, "Here": scheme})
	}
	return nil
}

// cacheKeys compares what makes the keys and values of entries.
func cacheKeys(there diffsettings.Dict, here conf.Cache) []conf.Finding {
	var findings []conf.Finding
	if f, _ := there.Get("KEY_FUNCTION"); f != nil {
		findings = append(findings, finding("cache_key_function", nil)...)
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
		findings = append(findings, finding("cache_key_part", fields{
			"Name": k.name, "Parameter": strings.ToLower(k.name),
			"Django": shown(text), "Here": shown(k.here),
		})...)
	}
	value, _ := there.Get("OPTIONS")
	options, _ := value.(diffsettings.Dict)
	for _, name := range []string{"SERIALIZER", "serializer", "COMPRESSOR", "serde", "compressor"} {
		if _, ok := options.Get(name); ok {
			findings = append(findings, finding("cache_option", fields{"Name": name})...)
		}
	}
	return findings
}

// cacheServers compares where the servers are, as far as both are understood.
func cacheServers(there diffsettings.Dict, here conf.Cache) []conf.Finding {
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
	return finding("cache_location", nil)
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
