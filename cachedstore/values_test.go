package cachedstore_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/cachevalue"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
	_ "github.com/jamsession/jamsession/site/lz4"  // a compressor
	_ "github.com/jamsession/jamsession/site/lzma" // a compressor
	_ "github.com/jamsession/jamsession/site/zstd" // a compressor
)

// unread is a database that must not be asked for what is cached.
type unread struct {
	session.Store
	loads int
}

func (u *unread) Load(ctx context.Context, key string) (session.Record, error) {
	u.loads++
	return u.Store.Load(ctx, key)
}

// TestEntriesOfEachForm are served without the database, and hold what Django needs.
func TestEntriesOfEachForm(t *testing.T) {
	signed := newSigned()
	for _, serializer := range []string{"pickle", "json", "msgpack"} {
		for _, compressor := range []string{"none", "zlib"} {
			values := noerror.In(django.CacheValues(serializer, compressor))
			db, cache := &unread{Store: memstore.New()}, newMapCache()
			store := noerror.In(cachedstore.New(db, cache, &cachedstore.Options{Codec: signed, Values: values}))
			t.Cleanup(func() { _ = store.Close() })
			rec := session.Record{
				Key: strings.Repeat("k", 32), Data: noerror.In(signed.Encode([]byte(`{"a": 1}`))),
				Expiry: time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond),
			}
			if err := db.Create(t.Context(), rec); err != nil {
				t.Fatal(err)
			}
			for range 3 { // the first fills the cache, which reads the row twice
				got, err := store.Load(t.Context(), rec.Key)
				if err != nil || string(got.Data) != string(rec.Data) || !got.Expiry.Equal(rec.Expiry) {
					t.Errorf("%s, %s: %q, %v, %v", serializer, compressor, got.Data, got.Expiry, err)
				}
			}
			if db.loads != 2 {
				t.Errorf("%s, %s: the row was read %d times, want 2", serializer, compressor, db.loads)
			}
			value, _ := cache.Get(t.Context(), rec.Key)
			if packed := cachevalue.IsZlib(value); packed != (compressor == "zlib") {
				t.Errorf("%s, %s: the entry is %.20q", serializer, compressor, value)
			}
			data := noerror.In(cachevalue.Unpack(value))
			if items, err := values.Decode(data); err != nil || !strings.Contains(string(items), `"a":1}`) &&
				!strings.Contains(string(items), `"a": 1}`) {
				t.Errorf("%s, %s: Django reads %q, %v", serializer, compressor, items, err)
			}
		}
	}
}

// TestASaveLeavesAnEntryOfEachForm, so that loads after it do not ask the database:
// what is in the cache is made again from what was loaded, the same to the byte.
func TestASaveLeavesAnEntryOfEachForm(t *testing.T) {
	signed := newSigned()
	for _, serializer := range []string{"pickle", "json", "msgpack"} {
		for _, compressor := range []string{"none", "zlib", "gzip", "lzma", "zstd", "lz4"} {
			for _, items := range []string{`{"a": 1}`, `{"a": "` + strings.Repeat("text ", 1000) + `"}`} {
				values := noerror.In(django.CacheValues(serializer, compressor))
				db := &unread{Store: memstore.New()}
				store := noerror.In(cachedstore.New(db, newMapCache(), &cachedstore.Options{Codec: signed, Values: values}))
				t.Cleanup(func() { _ = store.Close() })
				rec := record("")
				rec.Data = noerror.In(signed.Encode([]byte(items)))
				must(t, store.Create(t.Context(), rec))
				load(t, store, rec.Key)
				db.loads = 0
				for n := range 3 {
					old := noerror.In(store.Load(t.Context(), rec.Key))
					next := rec
					next.Data = noerror.In(signed.Encode([]byte(strings.Replace(items, "a", strings.Repeat("b", n+1), 1))))
					must(t, store.Save(t.Context(), old, next))
					load(t, store, rec.Key)
				}
				if db.loads != 0 {
					t.Errorf("%s, %s: the row was read %d times", serializer, compressor, db.loads)
				}
			}
		}
	}
}

// TestAnEmptySessionHasNoEntryAsJSON: its form has no place for the row.
func TestAnEmptySessionHasNoEntryAsJSON(t *testing.T) {
	signed := newSigned()
	cache := newMapCache()
	store := noerror.In(cachedstore.New(memstore.New(), cache, &cachedstore.Options{
		Codec: signed, Values: noerror.In(django.CacheValues("json", "none")),
	}))
	t.Cleanup(func() { _ = store.Close() })
	rec := session.Record{
		Key: strings.Repeat("k", 32), Data: noerror.In(signed.Encode([]byte(`{}`))),
		Expiry: time.Now().Add(time.Hour),
	}
	if err := store.Create(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got, err := store.Load(t.Context(), rec.Key); err != nil || string(got.Data) != string(rec.Data) {
			t.Errorf("%q, %v", got.Data, err)
		}
	}
	if value, err := cache.Get(t.Context(), rec.Key); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("the cache holds %q, %v", value, err)
	}
}

// TestValuesAreOfDjango: another codec is a mistake.
func TestValuesAreOfDjango(t *testing.T) {
	_, err := cachedstore.New(memstore.New(), newMapCache(), &cachedstore.Options{
		Values: newSigned(),
	})
	if err == nil || !strings.Contains(err.Error(), "Options.Values") {
		t.Errorf("%v, want an error that names Options.Values", err)
	}
}

func newSigned() session.Codec {
	return noerror.In(django.Signed(secrettest.Keys("a-secret-key-for-the-tests-only-0123456789-abcdef")))
}
