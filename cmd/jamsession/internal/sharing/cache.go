package sharing

import (
	"cmp"
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
	serializer  string // "pickle", "json", "msgpack", or a path
	compressor  string // "none", "zlib" and others, or a path
	hashing     string // of several Memcacheds; empty if it is unknown here
	maxEntries  string // of tables and folders
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
	options, _ := value.(diffsettings.Dict)
	c.takeOptions(options)
	return c, true
}

// moduleOf are django-redis's modules of serializers and compressors.
var moduleOf = regexp.MustCompile(`^django_redis\.(?:serializers|compressors)\.(\w+)\.\w+$`)

// takeOptions reads OPTIONS, as far as they change keys, values or places.
func (c *djangoCache) takeOptions(options diffsettings.Dict) {
	named := func(names ...string) string {
		for _, name := range names {
			if value, ok := options.Get(name); ok && value != nil {
				text, _ := plain(value)
				return cmp.Or(text, "unknown")
			}
		}
		return ""
	}
	c.serializer = short(cmp.Or(named("SERIALIZER", "serializer"), "pickle"))
	c.compressor = short(cmp.Or(named("COMPRESSOR", "compressor"), "none"))
	switch serde := named("serde"); {
	case serde == "pymemcache.serde.CompressedSerde":
		c.compressor = "zlib"
	case serde != "" && serde != "pymemcache.serde.PickleSerde":
		c.serializer = serde
	}
	c.maxEntries = cmp.Or(named("MAX_ENTRIES"), "300")
	switch {
	case strings.HasSuffix(c.backend, ".PyMemcacheCache"):
		c.hashing = "rendezvous"
	case strings.HasSuffix(c.backend, ".PyLibMCCache"):
		c.hashing = "modula"
	}
	value, _ := options.Get("behaviors")
	behaviors, _ := value.(diffsettings.Dict)
	for _, name := range []string{"ketama", "ketama_weighted"} {
		if on, _ := behaviors.Get(name); on == true || on == int64(1) {
			c.hashing = name
		}
	}
}

// short returns the name of a class of django-redis as the settings have it.
func short(path string) string {
	if m := moduleOf.FindStringSubmatch(path); m != nil {
		return strings.Replace(m[1], "identity", "none", 1)
	}
	return path
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
	switch there.kind {
	case "locmem", "dummy":
		return s.finding("cache_of_one_process", fields{"Django": there.backend})
	case "":
		return s.finding("cache_unreadable", fields{"Django": there.backend})
	case here.Kind():
		return nil
	}
	return s.finding("cache_kind", fields{"Django": there.kind, "Here": here.Kind()})
}

// cacheKeys compares what makes the keys and values of entries.
func (s site) cacheKeys(there djangoCache, here conf.Cache) []conf.Finding {
	var findings []conf.Finding
	if !slices.Contains([]string{"django", "key", "prefix"}, there.keyFunction) {
		findings = append(findings, s.finding("cache_key_function", fields{"Django": there.keyFunction})...)
		there.keyFunction = here.KeyFunction
	}
	for _, k := range []struct {
		name, there, here string
		counts            bool
	}{
		{"KEY_PREFIX", there.keyPrefix, here.KeyPrefix, true},
		{"VERSION", there.version, strconv.Itoa(here.Version), true},
		{"KEY_FUNCTION", there.keyFunction, here.KeyFunction, true},
		{"HASHING", there.hashing, here.Hashing, there.kind == "memcached" && len(there.locations) > 1},
		{"SERIALIZER", there.serializer, here.Serializer, known(there.serializer)},
		{"COMPRESSOR", there.compressor, here.Compressor, known(there.compressor)},
	} {
		if !k.counts || k.there == k.here {
			continue
		}
		findings = append(findings, s.finding("cache_part", fields{
			"Name": k.name, "Django": shown(k.there), "Here": shown(k.here),
		})...)
	}
	for _, class := range []string{there.serializer, there.compressor} {
		if !known(class) {
			findings = append(findings, s.finding("cache_option", fields{"Django": class})...)
		}
	}
	return findings
}

// known reports whether a serializer or compressor has a name in the settings.
func known(name string) bool {
	return slices.Contains(
		[]string{"pickle", "json", "msgpack", "none", "zlib", "gzip", "lzma", "zstd", "lz4"}, name)
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
	if there.kind == "db" || there.kind == "file" {
		if len(there.locations) == 1 && placeOf(there) != raw {
			return s.finding("cache_location", nil)
		}
		return nil
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

// cacheLines is the URL of the cache of sessions, without passwords, with what
// makes its keys and values. So it can be replaced in the environment as a whole.
func (s site) cacheLines() []line {
	engine, _ := s.djangoEngine()
	there, ok := s.djangoCache()
	if !ok || engine != "cache" && engine != "cached_db" || !there.located || len(there.locations) == 0 {
		return nil
	}
	raw := placeOf(there)
	if raw == "" {
		return nil
	}
	if query := there.query(); query != "" {
		separator := "?"
		if strings.Contains(raw, "?") {
			separator = "&"
		}
		raw += separator + query
	}
	alias, _ := s.django["SESSION_CACHE_ALIAS"].(string)
	if alias = cmp.Or(alias, "default"); alias == "default" {
		return []line{quoted("CACHE_URL", raw)}
	}
	return []line{quoted("CACHES."+tomltext.Key(alias)+".URL", raw)}
}

// placeOf is the URL of a cache, without passwords; empty if it cannot be shared.
func placeOf(c djangoCache) string {
	switch c.kind {
	case "redis":
		return withoutPassword(c.locations[0])
	case "memcached":
		var servers []string
		for _, l := range c.locations {
			servers = append(servers, strings.TrimPrefix(strings.TrimPrefix(l, "memcached://"), "unix:"))
		}
		return withoutPassword("memcached://" + strings.Join(servers, ","))
	case "db":
		return "db://" + c.locations[0]
	case "file":
		return "file://" + c.locations[0]
	}
	return ""
}

// query are the options of the URL that are not the usual ones.
func (c djangoCache) query() string {
	query := make(url.Values)
	for _, o := range []struct {
		name, value, usual string
		counts             bool
	}{
		{"key_prefix", c.keyPrefix, "", true},
		{"version", c.version, "1", true},
		{"key_function", c.keyFunction, "django", !strings.Contains(c.keyFunction, ".")},
		{"serializer", c.serializer, "pickle", known(c.serializer)},
		{"compressor", c.compressor, "none", known(c.compressor)},
		{"hashing", c.hashing, "rendezvous", c.hashing != "" && len(c.locations) > 1},
		{"max_entries", c.maxEntries, "300", c.kind == "db" || c.kind == "file"},
	} {
		if o.counts && o.value != o.usual {
			query.Set(o.name, o.value)
		}
	}
	return query.Encode()
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
