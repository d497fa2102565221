package django

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/site"
)

// formatsOfCaches is the test of the formats.
const formatsOfCaches = "formats of caches"

// A format is a cache as Django's settings have it.
type format struct {
	name    string
	backend string
	options map[string]any

	// keys are KEY_FUNCTION; empty is Django's.
	keys string
}

const (
	djangoRedis = "django_redis.cache.RedisCache"
	core        = "django.core.cache.backends."
)

var allFormats = []format{
	{name: "JSON", backend: djangoRedis, options: ofRedis("json.JSON", "")},
	{name: "JSON, zlib", backend: djangoRedis, options: ofRedis("json.JSON", "zlib.Zlib")},
	{name: "msgpack, gzip", backend: djangoRedis, options: ofRedis("msgpack.MSGPack", "gzip.Gzip")},
	{name: "pickle, lzma", backend: djangoRedis, options: ofRedis("", "lzma.Lzma")},
	{name: "msgpack, zstd", backend: djangoRedis, options: ofRedis("msgpack.MSGPack", "zstd.ZStd")},
	{name: "pickle, lz4", backend: djangoRedis, options: ofRedis("", "lz4.Lz4")},
	{name: "KEY_FUNCTION prefix", backend: djangoRedis, keys: "keys.prefixed"},
	{name: "KEY_FUNCTION key", backend: djangoRedis, keys: "keys.alone"},
	{name: "KEY_FUNCTION own", backend: djangoRedis, keys: "keys.own"},
	{name: "PyLibMCCache", backend: core + "memcached.PyLibMCCache"},
	{name: "DatabaseCache", backend: core + "db.DatabaseCache"},
	{name: "FileBasedCache", backend: core + "filebased.FileBasedCache"},
}

// ofRedis are options of django-redis; empty is its default.
func ofRedis(serializer, compressor string) map[string]any {
	options := make(map[string]any)
	if serializer != "" {
		options["SERIALIZER"] = "django_redis.serializers." + serializer + "Serializer"
	}
	if compressor != "" {
		options["COMPRESSOR"] = "django_redis.compressors." + compressor + "Compressor"
	}
	return options
}

// formats are the engines of the table.
var formats = func() (engines []engine) {
	for _, f := range allFormats {
		e := engine{name: f.name, engine: "cache", tries: []string{"anonymous data", "login", "logout"}}
		if f.options != nil {
			e.tries = append(e.tries, storedAlike)
		}
		engines = append(engines, e)
	}
	return engines
}()

// inMsgpack: sessions are in msgpack.
func (e engine) inMsgpack() bool { return strings.HasPrefix(e.name, "msgpack") }

// alias is the name of the cache.
func (f format) alias() string {
	return strings.NewReplacer(" ", "_", ",", "").Replace(f.name)
}

// tryFormats tries each in one Django, which has them all as its CACHES.
func tryFormats(t *testing.T) {
	at := onSQLite(t)
	redis, memcached, folder := servertest.Redis(t).Addr, servertest.Memcached(t).Addr, t.TempDir()
	caches := map[string]any{"default": map[string]any{"BACKEND": core + "dummy.DummyCache"}}
	for _, f := range allFormats {
		location := map[string]string{
			djangoRedis:                       "redis://" + redis + "/0",
			core + "memcached.PyLibMCCache":   memcached,
			core + "db.DatabaseCache":         "site_cache",
			core + "filebased.FileBasedCache": filepath.Join(folder, "cache"),
		}[f.backend]
		conf := map[string]any{
			"BACKEND": f.backend, "LOCATION": location, "KEY_PREFIX": f.alias(),
		}
		if f.options != nil {
			conf["OPTIONS"] = f.options
		}
		if f.keys != "" {
			conf["KEY_FUNCTION"] = f.keys
		}
		caches[f.alias()] = conf
	}
	p := &pair{engine: formats[0], place: at}
	told := newTold(t)
	config := p.config(map[string]any{"CACHES": caches})
	django := startDjango(t, config, "SITE_FACTS="+told.script)
	results.ran(django)
	for i, f := range allFormats {
		t.Run(f.name, func(t *testing.T) { tryFormat(t, formats[i], f, django, told) })
	}
}

func tryFormat(t *testing.T, e engine, f format, django *side, told told) {
	p := &pair{engine: e}
	in := *django
	in.url += "/in/" + f.alias()
	p.django = &in
	p.site, p.golang = startLoaded(t, told.settings(t, f.alias()), f.siteOptions(), nil)
	tryEngine(t, p)
}

// siteOptions has the function of keys that no setting names.
func (f format) siteOptions() *site.Options {
	if f.keys != "keys.own" {
		return nil
	}
	return &site.Options{CacheKey: func(key, keyPrefix string, _ int) string { return key + "@" + keyPrefix }}
}

// storedAlike is a scenario of formats. Each side reads more of them than it writes.
const storedAlike = "stored alike"

// tryStoredAlike: both sides write the format that the options say.
func tryStoredAlike(t *testing.T, x exchange) {
	b := newBrowser(t)
	items := `{"long":"` + strings.Repeat("a", 500) + `"}`
	b.post(x.from, "/items", "items", items)
	first := b.get(x.django, "/stored")
	b.post(x.to, "/items", "items", items)
	is(t, "how the value begins that "+x.to.name+" has stored", b.get(x.django, "/stored"), first)
}
