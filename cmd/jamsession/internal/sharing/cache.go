package sharing

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/diffsettings"
	"github.com/jamsession/jamsession/cmd/jamsession/internal/tomltext"
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

// A djangoCache is the cache of Django's sessions.
type djangoCache struct {
	backend     string
	kind        string // see cacheKinds; empty if it is another
	locations   []string
	located     bool // whether locations are understood
	keyPrefix   string
	version     string
	keyFunction string // "django", "prefix", "key", or a path
	options     diffsettings.Dict
}

// djangoCache returns the cache that SESSION_CACHE_ALIAS names.
func (s site) djangoCache() (djangoCache, bool) {
	caches, _ := s.django["CACHES"].(diffsettings.Dict)
	alias, _ := s.django["SESSION_CACHE_ALIAS"].(string)
	value, _ := caches.Get(cmp.Or(alias, "default"))
	there, ok := value.(diffsettings.Dict)
	if !ok {
		return djangoCache{}, false
	}
	c := djangoCache{version: "1", keyFunction: "django"}
	for name, to := range map[string]*string{
		"BACKEND": &c.backend, "KEY_PREFIX": &c.keyPrefix, "VERSION": &c.version,
		"KEY_FUNCTION": &c.keyFunction,
	} {
		if value, given := there.Get(name); given && value != nil {
			if *to, ok = plain(value); !ok {
				*to = "unknown"
			}
		}
	}
	c.kind = cacheKinds[c.backend]
	value, _ = there.Get("LOCATION")
	c.locations, c.located = asTexts(value)
	if text, isText := value.(string); isText {
		c.locations, c.located = regexp.MustCompile("[;,]").Split(text, -1), true
	}
	value, _ = there.Get("OPTIONS")
	c.options, _ = value.(diffsettings.Dict)
	return c, true
}

// cache compares the caches in which the sessions are.
func (s site) cache() []conf.Finding {
	engine, _ := s.djangoEngine()
	if engine != s.here.SessionEngine || engine != "cache" && engine != "cached_db" {
		return nil
	}
	there, ok := s.djangoCache()
	if !ok {
		return s.notUnderstood("CACHES")
	}
	here, ok := s.here.Caches[s.here.SessionCacheAlias]
	if !ok {
		return s.finding("cache_missing", nil)
	}
	findings := s.cacheBackend(there, here)
	if len(findings) > 0 {
		return findings
	}
	if s.here.SessionCacheFormat == "plain" {
		findings = append(findings, s.finding("cache_plain", nil)...)
	}
	findings = append(findings, s.cacheKeys(there, here)...)
	return append(findings, s.cacheServers(there, here)...)
}

func (s site) cacheBackend(there djangoCache, here conf.Cache) []conf.Finding {
	switch scheme, _, _ := strings.Cut(here.URL.Reveal(), ":"); {
	case there.kind == "locmem" || there.kind == "dummy":
		return s.finding("cache_of_one_process", fields{"Django": there.backend})
	case there.kind != "redis" && there.kind != "memcached":
		return s.finding("cache_unreadable", fields{"Django": there.backend})
	case (scheme == "memcached") != (there.kind == "memcached") || scheme == "memory":
		return s.finding("cache_kind", fields{"Django": there.kind, "Here": scheme})
	}
	return nil
}

// cacheKeys compares what makes the keys and values of entries.
func (s site) cacheKeys(there djangoCache, here conf.Cache) []conf.Finding {
	var findings []conf.Finding
	if there.keyFunction != "django" {
		findings = append(findings, s.finding("cache_key_function", nil)...)
	}
	for _, k := range []struct{ name, there, here string }{
		{"KEY_PREFIX", there.keyPrefix, here.KeyPrefix},
		{"VERSION", there.version, fmt.Sprint(here.Version)},
	} {
		if k.there == k.here {
			continue
		}
		findings = append(findings, s.finding("cache_key_part", fields{
			"Name": k.name, "Parameter": strings.ToLower(k.name),
			"Django": shown(k.there), "Here": shown(k.here),
		})...)
	}
	for _, name := range []string{"SERIALIZER", "serializer", "COMPRESSOR", "serde", "compressor"} {
		if _, ok := there.options.Get(name); ok {
			findings = append(findings, s.finding("cache_option", fields{"Name": name})...)
		}
	}
	return findings
}

// cacheServers compares where the servers are, as far as both are understood.
func (s site) cacheServers(there djangoCache, here conf.Cache) []conf.Finding {
	raw := here.URL.Reveal()
	_, rest, _ := strings.Cut(raw, "://")
	rest, _, _ = strings.Cut(rest, "?")
	mine, locations := strings.Split(rest, ","), there.locations
	if !strings.HasPrefix(raw, "memcached") {
		if len(locations) > 0 {
			locations = locations[:1] // Django writes to the first
		}
		mine = []string{raw}
	}
	if !there.located || slices.Equal(addresses(locations), addresses(mine)) {
		return nil
	}
	return s.finding("cache_location", nil)
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

// cacheLines are the settings of the cache of sessions, without passwords.
func (s site) cacheLines() []line {
	engine, _ := s.djangoEngine()
	there, ok := s.djangoCache()
	if !ok || engine != "cache" && engine != "cached_db" || !there.located || len(there.locations) == 0 {
		return nil
	}
	alias, _ := s.django["SESSION_CACHE_ALIAS"].(string)
	place := "CACHES." + tomltext.Key(cmp.Or(alias, "default"))
	var raw string
	switch there.kind {
	case "redis":
		raw = there.locations[0]
	case "memcached":
		var servers []string
		for _, l := range there.locations {
			servers = append(servers, strings.TrimPrefix(strings.TrimPrefix(l, "memcached://"), "unix:"))
		}
		raw = "memcached://" + strings.Join(servers, ",")
	default:
		return nil
	}
	lines := []line{quoted(place+".URL", withoutPassword(raw))}
	if there.keyPrefix != "" {
		lines = append(lines, quoted(place+".KEY_PREFIX", there.keyPrefix))
	}
	if n, err := strconv.Atoi(there.version); err == nil && n != 1 {
		lines = append(lines, line{place + ".VERSION", strconv.Itoa(n)})
	}
	return lines
}

// withoutPassword drops the user and the password of each server.
func withoutPassword(location string) string {
	scheme, rest, ok := strings.Cut(location, "://")
	if !ok {
		return location
	}
	servers := strings.Split(rest, ",")
	for i, server := range servers {
		servers[i] = server[strings.LastIndexByte(server, '@')+1:]
	}
	return scheme + "://" + strings.Join(servers, ",")
}
