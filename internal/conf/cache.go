package conf

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/jamsession/jamsession/internal/punycode"
	"github.com/jamsession/jamsession/secret"
)

// A Cache is one entry of Django's CACHES.
type Cache struct {
	URL       secret.Text // without KEY_PREFIX and VERSION
	KeyPrefix string      // KEY_PREFIX
	Version   int         // VERSION
}

// defaultCache is the alias of CACHE_URL.
const defaultCache = "default"

// supportedCaches says which URLs a cache can have.
const supportedCaches = `want "redis://host:6379/0", "rediss://…", "unix:///path/redis.sock", ` +
	`"redis-cluster://h1,h2", "redis-sentinel://…", "memcached://h1:11211,h2:11211" or "memory://"`

// cacheSchemes are the kinds of caches, by what opens them.
var cacheSchemes = map[string]string{
	"redis": "redis", "rediss": "redis", "unix": "redis", "redis+unix": "redis",
	"redis-cluster": "redis", "rediss-cluster": "redis",
	"redis-sentinel": "redis", "rediss-sentinel": "redis",
	"memcached": "memcached", "memory": "memory",
}

// Kind returns "redis", "memcached" or "memory".
func (c Cache) Kind() string {
	scheme, _, _ := strings.Cut(c.URL.Reveal(), "://")
	return cacheSchemes[scheme]
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
	s.addCache(defaultCache, c)
	return nil
}

func (s *Settings) addCache(alias string, c Cache) {
	if s.Caches == nil {
		s.Caches = make(map[string]Cache)
	}
	s.Caches[alias] = c
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
	c := Cache{KeyPrefix: options.Get("key_prefix"), Version: 1}
	if text := options.Get("version"); text != "" {
		if c.Version, err = strconv.Atoi(text); err != nil {
			return Cache{}, errors.New("its option version must be a whole number")
		}
	}
	options.Del("key_prefix")
	options.Del("version")
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
		if err != nil {
			return fmt.Errorf("%s: %w", quoted(alias), err)
		}
		s.addCache(alias, c)
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
		if err != nil {
			return fmt.Errorf("%s: %w", quoted(alias), err)
		}
		s.addCache(alias, c)
	}
	return nil
}

// parseCacheTable reads a table with URL, KEY_PREFIX and VERSION, or a URL.
func parseCacheTable(table any) (c Cache, err error) {
	if raw, ok := table.(string); ok {
		return parseCache(raw)
	}
	entries, ok := table.(map[string]any)
	if !ok {
		return Cache{}, errors.New("want a table with URL, and perhaps KEY_PREFIX and VERSION")
	}
	raw, _ := entries["URL"].(string)
	if c, err = parseCache(raw); err != nil {
		return Cache{}, fmt.Errorf("URL: %w", err)
	}
	for name, v := range entries {
		switch name {
		case "URL":
		case "KEY_PREFIX":
			c.KeyPrefix, err = value{v}.text()
		case "VERSION":
			var n int64
			n, err = value{v}.int(-1<<31, 1<<31-1)
			c.Version = int(n)
		default:
			return Cache{}, fmt.Errorf("%s is unknown; there are URL, KEY_PREFIX and VERSION", quoted(name))
		}
		if err != nil {
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
