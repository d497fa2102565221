package redisstore_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/cachevalue"
	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/redisstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sessiontest"
	_ "github.com/jamsession/jamsession/site/lz4"
	_ "github.com/jamsession/jamsession/site/lzma"
	_ "github.com/jamsession/jamsession/site/zstd"
)

// TestContractOfOtherValues: what no script can read.
func TestContractOfOtherValues(t *testing.T) {
	for name, o := range map[string]redisstore.Options{
		"JSON":         {Codec: noerror.In(django.CacheValues("json", "none"))},
		"msgpack zlib": {Codec: noerror.In(django.CacheValues("msgpack", "zlib")), ClientCache: time.Minute},
		"key function": {KeyFunc: func(key string) string { return "hash tag {" + key[8:] + "}" + key[:8] }},
	} {
		t.Run(name, func(t *testing.T) {
			sessiontest.Run(t, func(t *testing.T) session.Store { return open(t, tcp(t), o) })
		})
	}
}

// TestOtherValuesSayTheirExpiry, exactly, and a save compares their data only.
func TestOtherValuesSayTheirExpiry(t *testing.T) {
	for _, serializer := range []string{"pickle", "json", "msgpack"} {
		for _, compressor := range cachevalue.CompressorNames() {
			codec := noerror.In(django.CacheValues(serializer, compressor))
			store := open(t, tcp(t), redisstore.Options{Codec: codec})
			rec := created(t, store, string(noerror.In(codec.Encode([]byte(`{"a":"`+strings.Repeat("x", 200)+`"}`)))))
			later, stale, next := rec, rec, rec
			later.Expiry = rec.Expiry.Add(time.Hour)
			stale.Data = noerror.In(codec.Encode([]byte(`{"a":2}`)))
			next.Data, next.Key = noerror.In(codec.Encode([]byte(`{}`))), strings.ToLower(rand.Text())
			name := serializer + " " + compressor
			if err := store.Save(t.Context(), rec, later); err != nil {
				t.Errorf("%s: Save of another expiry: %v", name, err)
			}
			if got, err := store.Load(t.Context(), rec.Key); err != nil || !got.Expiry.Equal(later.Expiry) {
				t.Errorf("%s: expiry %v, %v; want %v", name, got.Expiry, err, later.Expiry)
			}
			if err := store.Save(t.Context(), stale, next); !errors.Is(err, session.ErrConflict) {
				t.Errorf("%s: Save over other data: %v", name, err)
			}
			if err := store.Save(t.Context(), rec, next); err != nil { // its expiry has changed, its data not
				t.Errorf("%s: Save: %v", name, err)
			}
			got, err := store.Load(t.Context(), next.Key)
			if err != nil || string(got.Data) != string(next.Data) || got.Expiry.Sub(next.Expiry).Abs() > time.Second {
				t.Errorf("%s: after the move: %q, %v, %v", name, got.Data, got.Expiry, err)
			}
			if err := store.Delete(t.Context(), next.Key); err != nil {
				t.Errorf("%s: Delete: %v", name, err)
			}
			if err := store.Delete(t.Context(), next.Key); !errors.Is(err, session.ErrNotFound) {
				t.Errorf("%s: Delete again: %v", name, err)
			}
		}
	}
}

// TestOtherValuesThatHaveExpired are gone, though Redis has them for a moment.
func TestOtherValuesThatHaveExpired(t *testing.T) {
	client, codec := newClient(t), noerror.In(django.CacheValues("json", "zlib"))
	store := noerror.In(redisstore.New(client, &redisstore.Options{Prefix: "late:", Codec: codec}))
	rec := record(`{"a":"a text that is long enough"}`)
	value := cachevalue.For(codec).Seal(rec.Data, time.Now().Add(-time.Millisecond))
	err := client.Do(t.Context(), client.B().Set().Key("late:"+rec.Key).Value(string(value)).Ex(time.Hour).Build()).Error()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Load(t.Context(), rec.Key); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("Load: %v", err)
	}
	if err := store.Save(t.Context(), rec, rec); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("Save: %v", err)
	}
	if err := store.Delete(t.Context(), rec.Key); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("Delete: %v", err)
	}
}

// TestNoUpdateOfOtherValuesIsLost: many writers of one session, whose expiry others move.
func TestNoUpdateOfOtherValuesIsLost(t *testing.T) {
	codec := noerror.In(django.CacheValues("json", "zlib"))
	store := open(t, tcp(t), redisstore.Options{Codec: codec})
	m := noerror.In(session.New(store, &session.Options{Codec: codec}))
	first := created(t, store, string(noerror.In(codec.Encode([]byte(`{"n":0}`)))))
	const writers, rounds = 8, 10
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range rounds {
				s, err := m.ByKey(t.Context(), first.Key)
				if err != nil {
					t.Error(err)
					return
				}
				session.Item[int]("n").Update(s, 0, func(n int) int { return n + 1 })
				if err := s.Save(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	s, err := m.ByKey(t.Context(), first.Key)
	if n := session.Item[int]("n").Get(s, 0); err != nil || n != writers*rounds {
		t.Errorf("%d of %d updates, %v", n, writers*rounds, err)
	}
}

// caches are Django's settings for each form of values, with what Debian's packages lack:
// pyzstd, which is the same library as zstandard, and the compressor that django-redis has
// since 5.3.
const caches = `
import importlib.util, gzip, sys, types
if importlib.util.find_spec("pyzstd") is None:
    import zstandard
    pyzstd = types.ModuleType("pyzstd")
    pyzstd.ZstdError = zstandard.ZstdError
    pyzstd.compress = lambda value: zstandard.ZstdCompressor().compress(value)
    pyzstd.decompress = lambda value: zstandard.ZstdDecompressor().decompress(value)
    sys.modules["pyzstd"] = pyzstd
import django_redis.compressors
if importlib.util.find_spec("django_redis.compressors.gzip") is None:
    from django_redis.exceptions import CompressorError
    class GzipCompressor:
        def __init__(self, options):
            pass
        def compress(self, value):
            return gzip.compress(value) if len(value) > 15 else value
        def decompress(self, value):
            try:
                return gzip.decompress(value)
            except gzip.BadGzipFile as e:
                raise CompressorError from e
    module = types.ModuleType("django_redis.compressors.gzip")
    module.GzipCompressor = GzipCompressor
    sys.modules[module.__name__] = module
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
for s, S in (("pickle", "Pickle"), ("json", "JSON"), ("msgpack", "MSGPack")):
    for c, C in (("none", ""), ("zlib", "Zlib"), ("gzip", "Gzip"), ("lzma", "Lzma"), ("zstd", "ZStd"), ("lz4", "Lz4")):
        options = {"SERIALIZER": f"django_redis.serializers.{s}.{S}Serializer"}
        if C:
            options["COMPRESSOR"] = f"django_redis.compressors.{c}.{C}Compressor"
        CACHES[f"{s} {c}"] = {"BACKEND": "django_redis.cache.RedisCache", "OPTIONS": options,
                              "LOCATION": LOCATION, "KEY_PREFIX": f"{PREFIX} {s} {c}"}
`

// TestEachFormWithDjangoRedis: Django reads what Go wrote, and Go what Django changed.
func TestEachFormWithDjangoRedis(t *testing.T) {
	server := servertest.Redis(t)
	prefix := strings.ToLower(rand.Text())
	python := djangotest.Site(t, t.TempDir()+"/unused.db", secret)
	if out := python.Run("try:\n    import django_redis, msgpack, lz4.frame, zstandard\n    print('there')\n" +
		"except ImportError:\n    print('not')"); out != "there\n" {
		servertest.Missing(t, "django-redis, msgpack, lz4 and zstandard for Python")
	}
	site := djangotest.Site(t, t.TempDir()+"/unused.db", secret,
		fmt.Sprintf("LOCATION, PREFIX = %q, %q", "redis://"+server.Addr+"/0", prefix), caches)
	managers, keys := map[string]*session.Manager{}, map[string]string{}
	for _, serializer := range []string{"pickle", "json", "msgpack"} {
		for _, compressor := range cachevalue.CompressorNames() {
			name := serializer + " " + compressor
			codec := noerror.In(django.CacheValues(serializer, compressor))
			store := open(t, "redis://"+server.Addr, redisstore.Options{
				Prefix: django.CacheKey(prefix+" "+name, 1, django.EngineCache), Codec: codec,
			})
			managers[name] = noerror.In(session.New(store, &session.Options{Codec: codec}))
			items := `{"n":1,"text":"` + strings.Repeat("lorem ipsum ", 30) + `","_session_expiry":3600}`
			keys[name] = created(t, store, string(noerror.In(codec.Encode([]byte(items))))).Key
		}
	}
	var script strings.Builder
	script.WriteString(`
from django.core.cache import caches
from django.contrib.sessions.backends.cache import SessionStore
def visit(name, key):
    s = SessionStore(key)
    s._cache = caches[name]
    assert s["n"] == 1 and len(s["text"]) == 360 and s.get_expiry_age() == 3600, (name, dict(s))
    assert 3590 < s._cache.ttl(s.cache_key) <= 3600, (name, s._cache.ttl(s.cache_key))
    s["n"], s["theirs"] = 2, [None, 1.5, {"x": "\u20ac"}]
    s.save()
    # A tombstone of cached_db is a miss, which is also what SessionStore makes of an error.
    from django_redis import get_redis_connection
    get_redis_connection(name).set(s._cache.make_key("buried"), b"\x80\x04\x8c\x1a" + b"A" * 26 + b"0N.", 100)
    try:
        assert s._cache.get("buried") is None, name
    except AssertionError:
        raise
    except Exception:
        pass
`)
	for name, key := range keys {
		fmt.Fprintf(&script, "visit(%q, %q)\n", name, key)
	}
	site.Run(script.String())
	for name, key := range keys {
		s, err := managers[name].ByKey(t.Context(), key)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		session.Item[int]("n").Update(s, 0, func(n int) int { return n + 1 })
		if err := s.Save(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		again, err := managers[name].ByKey(t.Context(), key)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		theirs := session.Item[[]any]("theirs").Get(again, nil)
		if n := session.Item[int]("n").Get(again, 0); n != 3 || len(theirs) != 3 {
			t.Errorf("%s: n is %d, and Django's item %v", name, n, theirs)
		}
	}
}

// TestAKeyFunctionOfSeveralSessions would give visitors each other's sessions.
func TestAKeyFunctionOfSeveralSessions(t *testing.T) {
	o := &redisstore.Options{KeyFunc: func(key string) string { return "s:" + key[:30] }}
	_, storeErr := redisstore.Open(t.Context(), "redis://127.0.0.1:1", o)
	_, cacheErr := redisstore.OpenCache(t.Context(), "redis://127.0.0.1:1", o)
	for _, err := range []error{storeErr, cacheErr} {
		if err == nil || !strings.Contains(err.Error(), "Options.KeyFunc makes the same key") {
			t.Errorf("%v, want a refusal of the function", err)
		}
	}
}

// TestDeleteWhatCannotBeRead: a session that nobody can load can be ended.
func TestDeleteWhatCannotBeRead(t *testing.T) {
	store := open(t, tcp(t), redisstore.Options{Codec: noerror.In(django.CacheValues("pickle", "zlib"))})
	rec := created(t, store, "\x80\x04"+strings.Repeat("x", cachevalue.MaxSize))
	if _, err := store.Load(t.Context(), rec.Key); !errors.Is(err, session.ErrTooLarge) {
		t.Errorf("Load: %v, want ErrTooLarge", err)
	}
	if err := store.Delete(t.Context(), rec.Key); err != nil {
		t.Errorf("Delete: %v", err)
	}
	if _, err := store.Load(t.Context(), rec.Key); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("Load: %v, want ErrNotFound", err)
	}
}
