package conf

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/internal/punycode"
	"github.com/jamsession/jamsession/secret"
)

// defaultCache is the alias of CACHE_URL.
const defaultCache = "default"

// supportedCaches says which URLs a cache can have.
const supportedCaches = `want "redis://host:6379/0", "rediss://…", "unix:///path/redis.sock", ` +
	`"redis-cluster://h1,h2", "redis-sentinel://…", "memcached://h1:11211,h2:11211", "db://table", ` +
	`"file:///folder" or "memory://"`

// cacheSchemes are the kinds of caches, by what opens them.
var cacheSchemes = map[string]string{
	"redis": "redis", "rediss": "redis", "unix": "redis", "redis+unix": "redis",
	"redis-cluster": "redis", "rediss-cluster": "redis",
	"redis-sentinel": "redis", "rediss-sentinel": "redis",
	"memcached": "memcached", "memory": "memory", "db": "db", "file": "file",
}

// Kind returns "redis", "memcached", "memory", "db" or "file".
func (c Cache) Kind() string {
	scheme, _, _ := strings.Cut(c.URL.Reveal(), "://")
	return cacheSchemes[scheme]
}

// Place returns the table of a cache in the database, or the folder of one in files, and
// is empty for the others.
func (c Cache) Place() string {
	if kind := c.Kind(); kind != "db" && kind != "file" {
		return ""
	}
	_, place, _ := strings.Cut(c.URL.Reveal(), "://")
	place, _, _ = strings.Cut(place, "?")
	if plain, err := url.PathUnescape(place); err == nil {
		return plain
	}
	return place
}

// checkPlace refuses a URL without a table or a folder, or with more.
func (c Cache) checkPlace() error {
	switch place := c.Place(); {
	case c.Kind() == "db" && (place == "" || strings.Contains(c.URL.Reveal(), "?")):
		return errors.New("want db://table, the table that createcachetable of Django has made")
	case c.Kind() == "file" &&
		(!strings.HasPrefix(place, "/") || strings.Contains(c.URL.Reveal(), "?")):
		return errors.New("want file:///folder, the path of the folder from the root")
	}
	return nil
}

// CacheInTable reports whether sessions, or which of them have ended, are in a cache in
// the database.
func (s *Settings) CacheInTable() bool {
	return s.Caches[s.SessionCacheAlias].Kind() == "db" &&
		(s.SessionEngine == "cached_db" || s.aloneInCache())
}

// aloneInCache reports whether the sessions' cache holds what is nowhere else.
func (s *Settings) aloneInCache() bool {
	return s.SessionEngine == "cache" || s.SessionEngine == "signed_cookies" && s.SessionDenyList == "cache"
}

func setCacheURL(s *Settings, v value) error {
	raw, err := v.text()
	if err != nil || raw == "" {
		return err
	}
	c, err := parseCache(raw)
	if err != nil {
		return err
	}
	return s.addCache(defaultCache, c)
}

func (s *Settings) addCache(alias string, c Cache) error {
	if err := c.check(); err != nil {
		return err
	}
	if s.Caches == nil {
		s.Caches = make(map[string]Cache)
	}
	s.Caches[alias] = c
	return nil
}

// parseCache reads a URL whose options may include key_prefix and version.
func parseCache(raw string) (Cache, error) {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok || cacheSchemes[scheme] == "" {
		return Cache{}, errors.New(supportedCaches)
	}
	base, query, _ := strings.Cut(rest, "?")
	hosts, _, _ := strings.Cut(base[strings.LastIndexByte(base, '@')+1:], "/") // the rest may be secret
	for host := range strings.SplitSeq(hosts, ",") {
		if hint := punycode.Hint(host); hint != "" {
			return Cache{}, errors.New(hint)
		}
	}
	options, err := url.ParseQuery(query)
	if err != nil {
		return Cache{}, errors.New("its options cannot be read; write ?name=value&name=value")
	}
	c := newCache()
	for _, name := range cacheNames {
		option := strings.ToLower(name)
		if text := options.Get(option); text != "" {
			if err := c.set(name, value{text}); err != nil {
				return Cache{}, fmt.Errorf("its option %s: %w", option, err)
			}
		}
		options.Del(option)
	}
	if len(options) > 0 {
		base += "?" + options.Encode()
	}
	c.URL = secret.New(scheme + "://" + base)
	return c, nil
}

// setCaches takes Django's shape of CACHES, as TOML tables, or a list of
// alias=url.
func setCaches(s *Settings, v value) error {
	tables, ok := v.any.(map[string]any)
	if !ok {
		return setCacheList(s, v)
	}
	for _, alias := range slices.Sorted(maps.Keys(tables)) {
		c, err := parseCacheTable(tables[alias])
		if err == nil {
			err = s.addCache(alias, c)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", quoted(alias), err)
		}
	}
	return nil
}

func setCacheList(s *Settings, v value) error {
	items, err := v.list()
	if err != nil {
		return errors.New(`want tables such as [CACHES.sessions], or texts "alias=url"`)
	}
	for _, item := range items {
		alias, raw, ok := strings.Cut(item, "=")
		if !ok || strings.Contains(alias, "://") {
			return errors.New(`want "alias=url", such as "sessions=redis://localhost/1"`)
		}
		c, err := parseCache(raw)
		if err == nil {
			err = s.addCache(alias, c)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", quoted(alias), err)
		}
	}
	return nil
}

// parseCacheTable reads a table with a URL and the entries of Django, or a URL.
func parseCacheTable(table any) (c Cache, err error) {
	if raw, ok := table.(string); ok {
		return parseCache(raw)
	}
	entries, ok := table.(map[string]any)
	if !ok {
		return Cache{}, errors.New("want a table with URL, and perhaps KEY_PREFIX, VERSION and others")
	}
	raw, _ := entries["URL"].(string)
	if c, err = parseCache(raw); err != nil {
		return Cache{}, fmt.Errorf("URL: %w", err)
	}
	for name, v := range entries {
		if name == "URL" {
			continue
		}
		if !slices.Contains(cacheNames, name) {
			return Cache{}, fmt.Errorf("%s is unknown; there are URL, %s",
				quoted(name), strings.Join(cacheNames, ", "))
		}
		if err := c.set(name, value{v}); err != nil {
			return Cache{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return c, nil
}

// SessionCache returns the cache that SESSION_CACHE_ALIAS names.
func (s *Settings) SessionCache() (Cache, error) {
	if c, ok := s.Caches[s.SessionCacheAlias]; ok {
		return c, nil
	}
	if s.SessionCacheAlias == defaultCache {
		return Cache{}, errors.New("settings: SESSION_ENGINE needs a cache: set CACHE_URL, " +
			supportedCaches)
	}
	return Cache{}, fmt.Errorf("settings: SESSION_CACHE_ALIAS: there is no cache %s in CACHES",
		quoted(s.SessionCacheAlias))
}
