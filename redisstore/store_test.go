package redisstore_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/redisstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sessiontest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

const secret = "a-secret-key-for-the-tests-only-0123456789-abcdef"

func newPrefix() string { return rand.Text() + "*[x]:" } // with what a pattern would take for its own

// open returns a store with a prefix of its own.
func open(t testing.TB, url string, o redisstore.Options) session.Store {
	t.Helper()
	if o.Prefix == "" {
		o.Prefix = newPrefix()
	}
	store, err := redisstore.Open(t.Context(), url, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func tcp(t testing.TB) string { return "redis://" + servertest.Redis(t).Addr }

func record(data string) session.Record {
	return session.Record{
		Key: strings.ToLower(rand.Text()), Data: []byte(data),
		Expiry: time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond),
	}
}

func created(t testing.TB, s session.Store, data string) session.Record {
	t.Helper()
	rec := record(data)
	if err := s.Create(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestContract(t *testing.T) {
	for name, o := range map[string]redisstore.Options{
		"plain":         {},
		"Django":        {Codec: django.Pickled()},
		"client cache":  {ClientCache: time.Minute},
		"Django cached": {Codec: django.Pickled(), ClientCache: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			sessiontest.Run(t, func(t *testing.T) session.Store { return open(t, tcp(t), o) })
		})
		if servertest.HasValkey() {
			t.Run("Valkey "+name, func(t *testing.T) {
				url := "redis://" + servertest.Valkey(t).Addr
				sessiontest.Run(t, func(t *testing.T) session.Store { return open(t, url, o) })
			})
		}
	}
}

func TestContractUnixSocket(t *testing.T) {
	url := "unix://" + servertest.Redis(t).Socket + "?db=3"
	sessiontest.Run(t, func(t *testing.T) session.Store { return open(t, url, redisstore.Options{}) })
}

// TestContractInSteps: a rotation moves the record as in a cluster.
func TestContractInSteps(t *testing.T) {
	sessiontest.Run(t, func(t *testing.T) session.Store {
		store := open(t, tcp(t), redisstore.Options{})
		redisstore.MoveInSteps(store)
		return store
	})
}

// TestContractPickles: with data that is stamped.
func TestContractPickles(t *testing.T) {
	store := open(t, tcp(t), redisstore.Options{Codec: django.Pickled()})
	ctx := t.Context()
	rec := created(t, store, "\x80\x05}\x94(\x8c\x01a\x94K\x01u.")
	got, err := store.Load(ctx, rec.Key)
	if err != nil || string(got.Data) != string(rec.Data) || !got.Expiry.Equal(rec.Expiry) {
		t.Fatalf("Load: %q, %v, %v", got.Data, got.Expiry, err)
	}
	next := rec
	next.Data, next.Key = []byte("\x80\x04}."), strings.ToLower(rand.Text())
	stale := rec
	stale.Data = []byte("\x80\x04}(K\x01K\x02u.")
	if err := store.Save(ctx, stale, next); !errors.Is(err, session.ErrConflict) {
		t.Errorf("Save over other data: %v", err)
	}
	if err := store.Save(ctx, rec, next); err != nil {
		t.Errorf("Save: %v", err)
	}
	if got, err := store.Load(ctx, next.Key); err != nil || string(got.Data) != string(next.Data) {
		t.Errorf("Load after the move: %q, %v", got.Data, err)
	}
}

// TestNoRecordIsImmortal: each key of Redis has a lifetime.
func TestNoRecordIsImmortal(t *testing.T) {
	client := newClient(t)
	store := noerror.In(redisstore.New(client, &redisstore.Options{Prefix: "mortal:"}))
	rec := created(t, store, "x")
	soon := record("x")
	soon.Expiry = time.Now().Add(500 * time.Microsecond)
	past := record("x")
	past.Expiry = time.Now().Add(-time.Hour)
	for _, r := range []session.Record{soon, past} {
		if err := store.Create(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	later := rec
	later.Expiry = time.Now().Add(2 * time.Hour)
	if err := store.Save(t.Context(), rec, later); err != nil {
		t.Fatal(err)
	}
	for _, r := range []session.Record{rec, soon, past} {
		ttl, err := client.Do(t.Context(), client.B().Pttl().Key("mortal:"+r.Key).Build()).AsInt64()
		if err != nil || ttl == -1 {
			t.Errorf("PTTL is %d, %v", ttl, err)
		}
	}
}

func newClient(t *testing.T) rueidis.Client {
	t.Helper()
	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{servertest.Redis(t).Addr}, ForceSingleClient: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// TestExpiryDoesNotNeedTheServersClock: the value says it, too.
func TestExpiryDoesNotNeedTheServersClock(t *testing.T) {
	client := newClient(t)
	const pickled = "\x80\x04}."
	for data, o := range map[string]redisstore.Options{
		"x": {Prefix: "clock:"}, pickled: {Prefix: "clock:", Codec: django.Pickled()},
	} {
		store := noerror.In(redisstore.New(client, &o))
		rec := record(data)
		rec.Expiry = time.Now().Add(50 * time.Millisecond)
		if err := store.Create(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
		if err := client.Do(t.Context(), client.B().Persist().Key("clock:"+rec.Key).Build()).Error(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(60 * time.Millisecond)
		if _, err := store.Load(t.Context(), rec.Key); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("%q: Load: %v", data, err)
		}
		if err := store.Save(t.Context(), rec, record(data)); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("%q: Save: %v", data, err)
		}
		if err := store.Delete(t.Context(), rec.Key); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("%q: Delete: %v", data, err)
		}
	}
}

// TestOwnChangesAreSeenAtOnce with the client-side cache, too.
func TestOwnChangesAreSeenAtOnce(t *testing.T) {
	store := open(t, tcp(t), redisstore.Options{ClientCache: time.Minute})
	ctx := t.Context()
	for range 300 {
		rec := created(t, store, "one")
		_, _ = store.Load(ctx, rec.Key)
		next := rec
		next.Data = []byte("two")
		if err := store.Save(ctx, rec, next); err != nil {
			t.Fatal(err)
		}
		if got, err := store.Load(ctx, rec.Key); err != nil || string(got.Data) != "two" {
			t.Fatalf("after a save: %s, %v", got.Data, err)
		}
		if err := store.Delete(ctx, rec.Key); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Load(ctx, rec.Key); !errors.Is(err, session.ErrNotFound) {
			t.Fatalf("after a deletion: %v", err)
		}
	}
}

// TestOwnChangesAreSeenWhereTheCacheIsUsedAgain: the cache is asked again after
// one load, and never answers with what was before a change of this process,
// however many loads and changes meet.
func TestOwnChangesAreSeenWhereTheCacheIsUsedAgain(t *testing.T) {
	const writers, rounds = 8, 200
	store := open(t, tcp(t), redisstore.Options{ClientCache: time.Minute})
	var wg sync.WaitGroup
	for range writers {
		rec := created(t, store, "-1")
		wg.Go(func() {
			for i := range rounds {
				next := rec
				next.Data = []byte(fmt.Sprint(i))
				if err := store.Save(t.Context(), rec, next); err != nil {
					t.Error(err)
					return
				}
				rec = next
				for j := range 4 { // from the server, into the cache, and out of it
					if got, err := store.Load(t.Context(), rec.Key); err != nil || string(got.Data) != string(rec.Data) {
						t.Errorf("round %d, load %d: %s, %v", i, j, got.Data, err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
}

// TestOwnChangesAreCachedAfterOneLoad: the server is then not asked.
func TestOwnChangesAreCachedAfterOneLoad(t *testing.T) {
	server := servertest.StartRedis(t)
	store := open(t, "redis://"+server.Addr, redisstore.Options{ClientCache: time.Minute})
	rec := created(t, store, "one")
	for range 2 {
		if _, err := store.Load(t.Context(), rec.Key); err != nil {
			t.Fatal(err)
		}
	}
	server.Pause()
	defer server.Resume()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if got, err := store.Load(ctx, rec.Key); err != nil || string(got.Data) != "one" {
		t.Errorf("Load while the server says nothing: %s, %v", got.Data, err)
	}
}

// TestChangesOfOthersAreSeenSoon with the client-side cache, and saves decide
// on the server.
func TestChangesOfOthersAreSeenSoon(t *testing.T) {
	prefix := newPrefix()
	cached := open(t, tcp(t), redisstore.Options{Prefix: prefix, ClientCache: time.Minute})
	other := open(t, tcp(t), redisstore.Options{Prefix: prefix})
	rec := created(t, other, "one")
	for range 3 {
		if _, err := cached.Load(t.Context(), rec.Key); err != nil {
			t.Fatal(err)
		}
	}
	if err := other.Delete(t.Context(), rec.Key); err != nil {
		t.Fatal(err)
	}
	if err := cached.Save(t.Context(), rec, rec); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("Save over what was deleted: %v", err)
	}
	another := created(t, other, "one")
	if _, err := cached.Load(t.Context(), another.Key); err != nil {
		t.Fatal(err)
	}
	if err := other.Delete(t.Context(), another.Key); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		if _, err := cached.Load(t.Context(), another.Key); errors.Is(err, session.ErrNotFound) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the deletion by another client was not seen")
		}
		time.Sleep(time.Millisecond)
	}
}

// TestCancelledCallsGetNoOthersAnswer: calls share a connection.
func TestCancelledCallsGetNoOthersAnswer(t *testing.T) {
	store := open(t, tcp(t), redisstore.Options{})
	var recs []session.Record
	for i := range 20 {
		recs = append(recs, created(t, store, fmt.Sprint("data of ", i)))
	}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for i := range 400 {
				rec := recs[i%len(recs)]
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%7)*20*time.Microsecond)
				got, err := store.Load(ctx, rec.Key)
				cancel()
				if err == nil && string(got.Data) != string(rec.Data) || errors.Is(err, session.ErrNotFound) {
					t.Errorf("got %q, %v; want %q", got.Data, err, rec.Data)
				}
			}
		})
	}
	wg.Wait()
}

// TestServerRestart: errors that are not "no such session", then the same
// store goes on, and what was acknowledged is there.
func TestServerRestart(t *testing.T) {
	server := servertest.StartRedis(t)
	store := open(t, "redis://"+server.Addr, redisstore.Options{})
	rec := created(t, store, "kept")
	for round, away := range []func(){server.Kill, server.Stop} {
		away()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		_, err := store.Load(ctx, rec.Key)
		for doing, err := range map[string]error{
			"Load": err, "Create": store.Create(ctx, record("x")),
			"Save": store.Save(ctx, rec, rec), "Delete": store.Delete(ctx, rec.Key),
		} {
			if err == nil || errors.Is(err, session.ErrNotFound) || strings.Contains(err.Error(), rec.Key) {
				t.Errorf("round %d: %s: error %v", round, doing, err)
			}
		}
		cancel()
		server.Start(t)
		for deadline := time.Now().Add(10 * time.Second); ; {
			got, err := store.Load(t.Context(), rec.Key)
			if err == nil && string(got.Data) == "kept" {
				break
			}
			if time.Now().After(deadline) || errors.Is(err, session.ErrNotFound) {
				t.Fatalf("after the restart: %s, %v", got.Data, err)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// TestServerThatDoesNotAnswer: no call waits for longer than its context.
func TestServerThatDoesNotAnswer(t *testing.T) {
	server := servertest.StartRedis(t)
	store := open(t, "redis://"+server.Addr, redisstore.Options{})
	rec := created(t, store, "kept")
	server.Pause()
	defer server.Resume()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if _, err := store.Load(ctx, rec.Key); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Load: %v", err)
	}
	if err := store.Save(ctx, rec, rec); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Save: %v", err)
	}
	if d := time.Since(begin); d > 3*time.Second {
		t.Errorf("they waited for %v", d)
	}
}

func TestOpenFailsInOneLine(t *testing.T) {
	for url, want := range map[string]string{
		"redis://user:sesame@127.0.0.1:1/0":           "127.0.0.1:1",
		"unix:///nonexistent/redis.sock":              "/nonexistent/redis.sock",
		"redis://" + servertest.Redis(t).Addr + "/99": "index",
		"redis://:sesame@localhost/x":                 "the database must be a number",
		"redis://h1,h2":                               "redis-cluster://",
		"redis-sentinel://:sesame@h1":                 "name of the master",
		"http://:sesame@localhost":                    "want",
		"no url":                                      "want",
		"redis://:%zz@localhost":                      "%25",
		"rediss://localhost?ca=/nonexistent":          "no such file",
	} {
		store, err := redisstore.Open(t.Context(), url, nil)
		if err == nil {
			_ = store.Close()
			t.Errorf("%s: no error", url)
			continue
		}
		if !strings.Contains(err.Error(), want) || strings.ContainsAny(err.Error(), "\n") ||
			strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: error %q, want %q", url, err, want)
		}
	}
}

// TestCloseLeavesNoGoroutine.
func TestCloseLeavesNoGoroutine(t *testing.T) {
	url := tcp(t)
	before := runtime.NumGoroutine()
	for range 5 {
		store, err := redisstore.Open(t.Context(), url, &redisstore.Options{ClientCache: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		created(t, store, "x")
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestWithDjango and its usual cache on Redis: each reads what the other wrote.
func TestWithDjango(t *testing.T) {
	server := servertest.Redis(t)
	prefix := strings.ToLower(rand.Text())
	site := djangotest.Site(t, t.TempDir()+"/unused.db", secret,
		`SESSION_ENGINE = "django.contrib.sessions.backends.cache"`,
		fmt.Sprintf(`CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache",
			"LOCATION": "redis://%s/0", "KEY_PREFIX": %q}}`, server.Addr, prefix))
	if out := site.Run("try:\n    import django_redis\n    print('there')\nexcept ImportError:\n    print('not')"); out != "there\n" {
		servertest.Missing(t, "django-redis")
	}
	m := noerror.In(session.New(open(t, "redis://"+server.Addr, redisstore.Options{
		Prefix: django.CacheKey(prefix, 1, django.EngineCache), Codec: django.Pickled(),
	}), &session.Options{Codec: django.Pickled()}))
	key := strings.TrimSpace(site.Run(`
from django.contrib.sessions.backends.cache import SessionStore
s = SessionStore()
s["tuple"], s["n"] = (1, 2), 1
s.set_expiry(3600)
s.save()
print(s.session_key)
`))
	s, err := m.ByKey(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	session.Item[int]("n").Update(s, 0, func(n int) int { return n + 1 })
	s.CycleKey()
	if err := s.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	out := site.Run(fmt.Sprintf(`
from django.contrib.sessions.backends.cache import SessionStore
from django.core.cache import cache
s = SessionStore(%q)
print(s["tuple"], s["n"], SessionStore(%q).get("n"))
print(3590 < cache.ttl("django.contrib.sessions.cache" + s.session_key) <= 3600)
s["theirs"] = True
s.save()
`, s.Key(), key))
	if out != "(1, 2) 2 None\nTrue\n" {
		t.Errorf("Django reads %q", out)
	}
	again, err := m.ByKey(t.Context(), s.Key())
	if err != nil || !session.Item[bool]("theirs").Get(again, false) {
		t.Errorf("what Django saved: %v, %v", again.Names(), err)
	}
	s.Set("late", 1)
	if err := s.Save(t.Context()); err != nil { // it is replayed on what Django saved
		t.Fatal(err)
	}
	site.Run(fmt.Sprintf(`
from django.contrib.sessions.backends.cache import SessionStore
s = SessionStore(%q)
assert s["late"] == 1 and s["theirs"] is True, dict(s)
s.flush()
`, s.Key()))
	s.Set("later", 1)
	if err := s.Save(t.Context()); !errors.Is(err, session.ErrInterrupted) {
		t.Errorf("Save after Django's logout: %v", err)
	}
}

// TestAsACache of a database.
func TestAsACache(t *testing.T) {
	cache, err := redisstore.OpenCache(t.Context(), tcp(t), &redisstore.Options{Prefix: newPrefix()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cache.Close() })
	sessiontest.Run(t, func(t *testing.T) session.Store {
		s := noerror.In(cachedstore.New(memstore.New(), cache, nil))
		t.Cleanup(func() { _ = s.Close() })
		return s
	})
	ctx := t.Context()
	if _, err := cache.Get(ctx, "k"); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("Get: %v", err)
	}
	if err := cache.Swap(ctx, "k", nil, []byte("b"), time.Minute); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("Swap: %v", err)
	}
	for _, want := range []error{nil, session.ErrExists} {
		if err := cache.Add(ctx, "k", []byte("a"), time.Minute); !errors.Is(err, want) {
			t.Errorf("Add: %v, want %v", err, want)
		}
	}
	for _, want := range []error{nil, session.ErrConflict} {
		if err := cache.Swap(ctx, "k", []byte("a"), []byte("b"), time.Minute); !errors.Is(err, want) {
			t.Errorf("Swap: %v, want %v", err, want)
		}
	}
	if err := cache.Set(ctx, "k", []byte("c"), 0); err != nil { // as short as can be, and not forever
		t.Error(err)
	}
	time.Sleep(5 * time.Millisecond)
	if v, err := cache.Get(ctx, "k"); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("Get: %s, %v", v, err)
	}
}

// TestVisitorsWhoLeaveDisturbNobody: with a client cache, requests for one key
// share an answer; one whose visitor has gone does not spoil it for the others.
func TestVisitorsWhoLeaveDisturbNobody(t *testing.T) {
	prefix := newPrefix()
	other := open(t, tcp(t), redisstore.Options{Prefix: prefix})
	cached := open(t, tcp(t), redisstore.Options{Prefix: prefix, ClientCache: time.Minute})
	rec := created(t, other, "0")
	for round := range 300 {
		changed := session.Record{Key: rec.Key, Data: []byte(fmt.Sprint(round, " more")), Expiry: rec.Expiry}
		if err := other.Save(t.Context(), rec, changed); err != nil { // which empties the cache
			t.Fatal(err)
		}
		rec = changed
		var wg sync.WaitGroup
		start := make(chan struct{})
		for i := range 12 {
			wg.Go(func() {
				<-start
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if i%2 == 0 {
					ctx, cancel = context.WithTimeout(ctx, time.Duration(i)*20*time.Microsecond)
					defer cancel()
				}
				if _, err := cached.Load(ctx, rec.Key); err != nil && i%2 == 1 {
					t.Errorf("round %d: %v", round, err)
				}
			})
		}
		close(start)
		wg.Wait()
	}
}
