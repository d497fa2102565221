package conf_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/secret"
)

func TestCachesAsTables(t *testing.T) {
	s := load(t, fromFile(t, `
[CACHES.sessions]
URL = "redis://localhost/1"
KEY_PREFIX = "site"
VERSION = 3
SERIALIZER = "json"
COMPRESSOR = "zstd"
KEY_FUNCTION = "prefix"
HASHING = "modula"
MAX_ENTRIES = 1000000
CLIENT_CACHE = 60
CLIENT_CACHE_MIB = 32

[CACHES.default]
URL = "memory://"
`))
	want := map[string]conf.Cache{
		"sessions": {
			URL: secret.New("redis://localhost/1"), KeyPrefix: "site", Version: 3, Serializer: "json",
			Compressor: "zstd", KeyFunction: "prefix", Hashing: "modula", MaxEntries: 1_000_000,
			ClientCache: time.Minute, ClientCacheMiB: 32,
		},
		"default": cacheAt("memory://"),
	}
	if !same(s.Caches, want) {
		t.Errorf("got %v", s.Caches)
	}
	for _, text := range []string{
		"[CACHES.a]\nURL = 1", "[CACHES.a]", "[CACHES.a]\nURL = \"memory://\"\nLOCATION = \"x\"",
		"[CACHES.a]\nURL = \"memory://\"\nVERSION = \"x\"", "CACHES = 1",
		"[CACHES.a]\nURL = \"redis://h\"\nSERIALIZER = \"yaml\"", "[CACHES.a]\nURL = \"redis://h\"\nMAX_ENTRIES = 0",
	} {
		if _, err := conf.Load(fromFile(t, text)); err == nil || !strings.Contains(err.Error(), "CACHES") {
			t.Errorf("%s: error %v", text, err)
		}
	}
}

// cacheAt is a cache of which only the URL is set.
func cacheAt(url string) conf.Cache {
	return conf.Cache{
		URL: secret.New(url), Version: 1, Serializer: "pickle", Compressor: "none",
		KeyFunction: "django", Hashing: "rendezvous", MaxEntries: 300, ClientCacheMiB: 16,
	}
}

// TestCachesKnowWhatDjangosCannotDo: the error says what can be had.
func TestCachesKnowWhatDjangosCannotDo(t *testing.T) {
	for url, want := range map[string]string{
		"redis://h?serializer=json&compressor=lz4&key_function=key": "",
		"memcached://h?compressor=zlib&hashing=ketama":              "",
		"redis://h?serializer=yaml":                                 "pickle, json, msgpack",
		"redis://h?compressor=brotli":                               "none, zlib, gzip, lzma, zstd, lz4",
		"redis://h?key_function=mine":                               "django, key, prefix",
		"memcached://h?serializer=json":                             "writes pickles, and no json",
		"memcached://h?compressor=zstd":                             "want none or zlib",
		"db://cache_table?serializer=json":                          "writes pickles, and no json",
		"file:///folder?compressor=zlib":                            "no other than its own",
		"db://":                                                     "want db://table",
		"db://t?x=y":                                                "want db://table",
		"file://folder":                                             "want file:///folder",
		"db://cache_table?max_entries=1000":                         "",
		"file:///var/cache/a%20site":                                "",
		"memcached://h?hashing=crc":                                 "rendezvous, modula",
		"redis://h?client_cache=60&client_cache_mib=1024":           "",
		"redis://h?client_cache=-1":                                 "client_cache",
		"redis://h?client_cache=86401":                              "client_cache",
		"redis://h?client_cache_mib=0":                              "client_cache_mib",
		"redis://h?client_cache_mib=1025":                           "client_cache_mib",
		"memcached://h?client_cache=1":                              "only Redis tells",
		"memory://?client_cache=1":                                  "only Redis tells",
	} {
		_, err := conf.Load(fromEnv(map[string]string{
			"SECRET_KEY": goodKey, "CACHE_URL": url, "SESSION_ENGINE": "cache",
		}))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
	}
}

// TestClientCacheIsForTheEngineCache: with others it would have no effect, or let a
// signed cookie live on.
func TestClientCacheIsForTheEngineCache(t *testing.T) {
	for engine, fits := range map[string]bool{
		"cache": true, "cached_db": false, "signed_cookies": false, "db": false,
	} {
		_, err := conf.Load(fromEnv(map[string]string{
			"SECRET_KEY": goodKey, "CACHE_URL": "redis://h?client_cache=60", "SESSION_ENGINE": engine,
		}))
		if fits && err != nil || !fits && (err == nil || !strings.Contains(err.Error(), "CLIENT_CACHE")) {
			t.Errorf("%s: %v", engine, err)
		}
	}
}

// TestDeployChecksKnowTheEngine, and the limits.
func TestDeployChecksKnowTheEngine(t *testing.T) {
	for want, vars := range map[string]map[string]string{
		"jamsession.W003": {"SESSION_ENGINE": "signed_cookies"},
		"jamsession.W004": {"SESSION_ENGINE": "cache", "CACHE_URL": "memory://"},
		"jamsession.W005": {"LOGIN_LIMIT_STORE": "memory"},
		"jamsession.W006": {"SECURE_PROXY_SSL_HEADER": "HTTP_X_FORWARDED_PROTO,https"},
		"":                {"SESSION_ENGINE": "signed_cookies", "SESSION_DENY_LIST": "db", "CACHE_URL": "memory://"},
	} {
		vars["SECRET_KEY"] = goodKey
		if want != "jamsession.W006" {
			vars["TRUSTED_PROXIES"] = "127.0.0.1"
		}
		got := ""
		for _, f := range load(t, fromEnv(vars)).Check(true) {
			if strings.HasPrefix(f.ID, "jamsession.W00") {
				got = f.ID
			}
		}
		if got != want {
			t.Errorf("%v: found %q, want %q", vars, got, want)
		}
	}
}
