package redisstore_test

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/redisstore"
	"github.com/jamsession/jamsession/session"
)

// A rememberer is a store that keeps what was decoded.
type rememberer interface {
	session.Store
	Remember(rec session.Record, decoded any)
	Recall(rec session.Record) any
}

// fromCache loads a record until it comes out of the client-side cache.
func fromCache(t *testing.T, s session.Store, key string) (rec session.Record) {
	t.Helper()
	for range 3 { // from the server, into the cache, and out of it
		rec = noerror.In(s.Load(t.Context(), key))
	}
	return rec
}

// TestRemembersWhileTheClientCacheHasTheValue, and no longer.
func TestRemembersWhileTheClientCacheHasTheValue(t *testing.T) {
	for name, codec := range map[string]session.Codec{
		"plain": nil, "Django": django.Pickled(), "JSON": noerror.In(django.CacheValues("json", "zlib")),
	} {
		t.Run(name, func(t *testing.T) {
			o := redisstore.Options{Prefix: newPrefix(), Codec: codec, ClientCache: time.Minute}
			store, other := open(t, tcp(t), o).(rememberer), open(t, tcp(t), o)
			encode := func(items string) []byte {
				if codec == nil {
					return []byte(items)
				}
				return noerror.In(codec.Encode([]byte(items)))
			}
			rec := created(t, store, string(encode(`{"a":1}`)))
			got, again := fromCache(t, store, rec.Key), noerror.In(store.Load(t.Context(), rec.Key))
			if &got.Data[0] != &again.Data[0] || string(got.Data) != string(rec.Data) {
				t.Fatal("two loads of one value gave two slices, or other data")
			}
			store.Remember(rec, "of other data")
			if kept := store.Recall(got); kept != nil {
				t.Errorf("of a record that was not loaded, %q is kept", kept)
			}
			store.Remember(got, "decoded")
			if kept := store.Recall(again); kept != "decoded" {
				t.Errorf("kept is %v", kept)
			}
			if kept := store.Recall(rec); kept != nil {
				t.Errorf("for equal data, not the same, %q is kept", kept)
			}
			next := rec
			next.Data = encode(`{"a":2}`)
			if err := other.Save(t.Context(), rec, next); err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(10 * time.Second); ; {
				got = noerror.In(store.Load(t.Context(), rec.Key))
				if string(got.Data) == string(next.Data) {
					break
				}
				if time.Now().After(deadline) {
					t.Fatal("the change by another process was not seen")
				}
				runtime.Gosched()
			}
			if kept := store.Recall(got); kept != nil {
				t.Errorf("of what another process has changed, %q is kept", kept)
			}
			got = fromCache(t, store, rec.Key)
			store.Remember(got, "decoded")
			if err := store.Save(t.Context(), got, rec); err != nil {
				t.Fatal(err)
			}
			if kept := store.Recall(got); kept != nil {
				t.Errorf("after a save, %q is kept", kept)
			}
		})
	}
}

// TestWithoutAClientCacheNothingIsRemembered: a manager would make for nothing what
// could be kept.
func TestWithoutAClientCacheNothingIsRemembered(t *testing.T) {
	if _, ok := open(t, tcp(t), redisstore.Options{}).(rememberer); ok {
		t.Error("the store remembers")
	}
}

// TestManagersReadTheClientCache: what one has decoded is what the next request gets,
// whose changes nobody sees before they are saved.
func TestManagersReadTheClientCache(t *testing.T) {
	store := open(t, tcp(t), redisstore.Options{ClientCache: time.Minute, Codec: django.Pickled()})
	m := noerror.In(session.New(store, &session.Options{Codec: django.Pickled()}))
	s := noerror.In(m.ByKey(t.Context(), ""))
	s.Set("n", 1)
	if err := s.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	n := session.Item[int]("n")
	for range 5 {
		got := noerror.In(m.ByKey(t.Context(), s.Key()))
		if n.Get(got, 0) != 1 {
			t.Fatalf("n is %d, want 1", n.Get(got, 0))
		}
		got.Set("n", 2)
	}
	rec := fromCache(t, store, s.Key())
	kept, ok := store.(rememberer).Recall(rec).(interface{ Size() int })
	if !ok || kept.Size() < len(`{"n":1}`) {
		t.Fatalf("the store keeps %v of what the manager has decoded", kept)
	}
}

// TestClientCacheIsBounded: many sessions, by their values and by what is kept of them,
// which can be much longer.
func TestClientCacheIsBounded(t *testing.T) {
	for name, codec := range map[string]session.Codec{
		"long values":  noerror.In(django.CacheValues("pickle", "none")),
		"short values": noerror.In(django.CacheValues("pickle", "zlib")),
	} {
		t.Run(name, func(t *testing.T) { testBound(t, codec) })
	}
}

func testBound(t *testing.T, codec session.Codec) {
	const limit, sessions = 1 << 20, 200
	o := redisstore.Options{ClientCache: time.Minute, ClientCacheBytes: limit, Codec: codec, Prefix: newPrefix()}
	writer, store := open(t, tcp(t), o), open(t, tcp(t), o)
	m := noerror.In(session.New(store, &session.Options{Codec: codec}))
	keys := make([]string, sessions)
	for i := range keys {
		data := noerror.In(codec.Encode(fmt.Appendf(nil, `{"n":%d,"x":"%s"}`, i, strings.Repeat("x", 64<<10))))
		keys[i] = created(t, writer, string(data)).Key
	}
	load := func(key string) {
		for range 2 {
			if _, err := m.ByKey(t.Context(), key); err != nil {
				t.Error(err)
			}
		}
	}
	load(keys[0])
	before := heap()
	var wg sync.WaitGroup
	for part := range 4 {
		wg.Go(func() {
			for i := part; i < sessions; i += 4 {
				load(keys[i])
			}
		})
	}
	wg.Wait()
	if grown := heap() - before; grown > 4*limit {
		t.Errorf("%d sessions of 64 KiB took %d bytes; want about %d", sessions, grown, limit)
	}
	runtime.KeepAlive(store)
}

func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
