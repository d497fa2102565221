package memcachestore_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bradfitz/gomemcache/memcache"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/memcachestore"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sessiontest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

const secret = "a-secret-key-for-the-tests-only-0123456789-abcdef"

// open returns a store with a prefix of its own.
func open(t testing.TB, o memcachestore.Options, servers ...string) session.Store {
	t.Helper()
	if o.Prefix == "" {
		o.Prefix = rand.Text() + ":"
	}
	store, err := memcachestore.Open(t.Context(), servers, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

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
	for name, o := range map[string]memcachestore.Options{"plain": {}, "Django": {Codec: django.Pickled()}} {
		t.Run(name, func(t *testing.T) {
			server := servertest.Memcached(t).Addr
			sessiontest.Run(t, func(t *testing.T) session.Store { return open(t, o, server) })
		})
	}
}

func TestContractSeveralServers(t *testing.T) {
	servers := []string{
		servertest.Memcached(t).Addr, servertest.StartMemcached(t).Addr, servertest.MemcachedSocket(t).Socket,
	}
	sessiontest.Run(t, func(t *testing.T) session.Store { return open(t, memcachestore.Options{}, servers...) })
}

// TestLifetimes: rounded up, beyond 30 days too, and never forever.
func TestLifetimes(t *testing.T) {
	server := servertest.Memcached(t).Addr
	store := open(t, memcachestore.Options{}, server)
	for _, life := range []time.Duration{1100 * time.Millisecond, 31 * 24 * time.Hour, 365 * 24 * time.Hour} {
		rec := record("x")
		rec.Expiry = time.Now().Add(life)
		if err := store.Create(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Load(t.Context(), rec.Key); err != nil {
			t.Errorf("a record of %v: %v", life, err)
		}
	}
	soon := record("x")
	soon.Expiry = time.Now().Add(300 * time.Millisecond)
	if err := store.Create(t.Context(), soon); err != nil {
		t.Fatal(err)
	}
	time.Sleep(310 * time.Millisecond) // the server still has it
	if _, err := store.Load(t.Context(), soon.Key); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("Load of what has expired: %v", err)
	}
	if err := store.Save(t.Context(), soon, record("y")); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("Save of what has expired: %v", err)
	}
}

// TestExpiryOfWhatDjangoWroteIsUnknown.
func TestExpiryOfWhatDjangoWroteIsUnknown(t *testing.T) {
	server := servertest.Memcached(t).Addr
	store := open(t, memcachestore.Options{Prefix: "theirs:", Codec: django.Pickled()}, server)
	key := strings.ToLower(rand.Text())
	err := memcache.New(server).Set(&memcache.Item{Key: "theirs:" + key, Value: []byte("\x80\x05}\x94."), Flags: 1})
	if err != nil {
		t.Fatal(err)
	}
	rec, err := store.Load(t.Context(), key)
	if err != nil || !rec.Expiry.IsZero() || string(rec.Data) != "\x80\x05}\x94." {
		t.Fatalf("Load: %q, %v, %v", rec.Data, rec.Expiry, err)
	}
	next := rec
	next.Expiry = time.Now().Add(time.Hour)
	if err := store.Save(t.Context(), rec, next); err != nil {
		t.Errorf("Save: %v", err)
	}
	if rec, err := store.Load(t.Context(), key); err != nil || rec.Expiry.IsZero() {
		t.Errorf("Load after our save: %v, %v", rec.Expiry, err)
	}
}

// TestLogoutCannotBeUndone: a save has read the record, a logout ends it.
func TestLogoutCannotBeUndone(t *testing.T) {
	server := servertest.Memcached(t).Addr
	store := open(t, memcachestore.Options{}, server)
	for round := range 500 {
		rec := created(t, store, "one")
		var wg sync.WaitGroup
		start := make(chan struct{})
		for i := range 4 {
			wg.Go(func() {
				next := rec
				next.Data = []byte(fmt.Sprint("data ", i))
				if i == 3 {
					next.Key = strings.ToLower(rand.Text())
				}
				<-start
				_ = store.Save(context.Background(), rec, next)
			})
		}
		close(start)
		if round%2 == 0 {
			// A move may have been faster, and then there is nothing to delete.
			if err := store.Delete(t.Context(), rec.Key); err != nil && !errors.Is(err, session.ErrNotFound) {
				t.Fatal(err)
			}
		} else {
			dead := rec
			dead.Expiry = time.Now().Add(-time.Second)
			err := store.Save(t.Context(), rec, dead)
			if errors.Is(err, session.ErrConflict) || errors.Is(err, session.ErrNotFound) {
				wg.Wait()
				continue // it did not end
			}
		}
		wg.Wait()
		if got, err := store.Load(t.Context(), rec.Key); !errors.Is(err, session.ErrNotFound) {
			t.Fatalf("round %d: after the logout: %s, %v", round, got.Data, err)
		}
	}
}

func TestTooLarge(t *testing.T) {
	store := open(t, memcachestore.Options{}, servertest.Memcached(t).Addr)
	rec := created(t, store, "small")
	large := rec
	large.Data = make([]byte, 2<<20)
	if err := store.Save(t.Context(), rec, large); !errors.Is(err, session.ErrTooLarge) {
		t.Errorf("Save: %v", err)
	}
	if got, err := store.Load(t.Context(), rec.Key); err != nil || string(got.Data) != "small" {
		t.Errorf("the old record is %q, %v", got.Data, err)
	}
}

// TestCancelledCallsGetNoOthersAnswer.
func TestCancelledCallsGetNoOthersAnswer(t *testing.T) {
	store := open(t, memcachestore.Options{}, servertest.Memcached(t).Addr)
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

// TestServerRestart: errors while it is, and then the same store goes on,
// without its sessions: Memcached forgets.
func TestServerRestart(t *testing.T) {
	server := servertest.StartMemcached(t)
	store := open(t, memcachestore.Options{}, server.Addr)
	rec := created(t, store, "x")
	var wg sync.WaitGroup
	for range 8 { // so that there are idle connections
		wg.Go(func() { _, _ = store.Load(t.Context(), rec.Key) })
	}
	wg.Wait()
	server.Kill()
	_, err := store.Load(t.Context(), rec.Key)
	for doing, err := range map[string]error{
		"Load": err, "Create": store.Create(t.Context(), record("x")),
		"Save": store.Save(t.Context(), rec, rec), "Delete": store.Delete(t.Context(), rec.Key),
	} {
		if err == nil || errors.Is(err, session.ErrNotFound) || strings.Contains(err.Error(), rec.Key) {
			t.Errorf("%s: error %v", doing, err)
		}
	}
	server.Start(t)
	if _, err := store.Load(t.Context(), rec.Key); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("Load after the restart: %v", err)
	}
	created(t, store, "new")
}

// TestRestartBetweenTwoCalls: the connections are dead, and nobody notices.
func TestRestartBetweenTwoCalls(t *testing.T) {
	server := servertest.StartMemcached(t)
	store := open(t, memcachestore.Options{}, server.Addr)
	rec := created(t, store, "x")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { _, _ = store.Load(t.Context(), rec.Key) })
	}
	wg.Wait()
	server.Kill()
	server.Start(t)
	if _, err := store.Load(t.Context(), rec.Key); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("Load after the restart: %v", err)
	}
}

// TestTheEndOfTheContextEndsACall long before the timeout, also while the
// call dials.
func TestTheEndOfTheContextEndsACall(t *testing.T) {
	server := servertest.StartMemcached(t)
	store := open(t, memcachestore.Options{Timeout: 10 * time.Minute}, server.Addr)
	rec := created(t, store, "x")
	server.Pause()
	defer server.Resume()
	for range 3 { // the first has a connection, the others make one
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		if _, err := store.Load(ctx, rec.Key); !errors.Is(err, context.Canceled) {
			t.Errorf("Load: %v", err)
		}
	}
}

// TestServerThatDoesNotAnswer: no call waits for longer than its context, or
// else the timeout, and no goroutine stays.
func TestServerThatDoesNotAnswer(t *testing.T) {
	server := servertest.StartMemcached(t)
	store := open(t, memcachestore.Options{Timeout: 300 * time.Millisecond}, server.Addr)
	rec := created(t, store, "x")
	before := runtime.NumGoroutine()
	server.Pause()
	defer server.Resume()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := store.Load(ctx, rec.Key); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Load: %v", err)
	}
	if err := store.Save(context.Background(), rec, rec); err == nil || errors.Is(err, session.ErrNotFound) {
		t.Errorf("Save without a deadline: %v", err)
	}
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

func TestOpenFailsInOneLine(t *testing.T) {
	for _, c := range []struct {
		servers []string
		prefix  string
		want    string
	}{
		{nil, "", "no server"},
		{[]string{"127.0.0.1:1"}, "", "127.0.0.1:1"},
		{[]string{"/nonexistent/mc.sock"}, "", "/nonexistent/mc.sock"},
		{[]string{"memcached://h"}, "", "want host:port"},
		{[]string{""}, "", "want host:port"},
		{[]string{"127.0.0.1:1"}, "a b", "a space"},
		{[]string{"127.0.0.1:1"}, strings.Repeat("p", 201), "200 bytes"},
	} {
		_, err := memcachestore.Open(t.Context(), c.servers, &memcachestore.Options{Prefix: c.prefix})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: error %v, want %q", c.servers, err, c.want)
		}
	}
}

// pymemcache skips where Python has no pymemcache.
func pymemcache(t *testing.T) string {
	t.Helper()
	python := djangotest.Python(t)
	if exec.Command(python, "-c", "import pymemcache").Run() != nil {
		servertest.Missing(t, "pymemcache")
	}
	return python
}

// TestKeysAreWherePymemcacheLooks among several servers.
func TestKeysAreWherePymemcacheLooks(t *testing.T) {
	python := pymemcache(t)
	servers := []string{
		servertest.Memcached(t).Addr, servertest.StartMemcached(t).Addr,
		servertest.StartMemcached(t).Addr, servertest.MemcachedSocket(t).Socket,
	}
	prefix := rand.Text()
	store := open(t, memcachestore.Options{Prefix: prefix}, servers...)
	var keys []string
	for range 500 {
		keys = append(keys, created(t, store, "x").Key)
	}
	out, err := exec.CommandContext(t.Context(), python, append([]string{"-c", `
import sys
from pymemcache.client.hash import HashClient
servers, prefix, keys = sys.argv[1].split(","), sys.argv[2], sys.argv[3:]
c = HashClient(servers)
print(sum(c.get(prefix + k) is not None for k in keys), len({id(c._get_client(prefix + k)) for k in keys}))
`, strings.Join(servers, ","), prefix}, keys...)...).CombinedOutput()
	if err != nil || string(out) != "500 4\n" {
		t.Errorf("pymemcache finds %s, %v; want 500 keys on 4 servers", out, err)
	}
}

// TestWithDjango and PyMemcacheCache on two servers.
func TestWithDjango(t *testing.T) {
	pymemcache(t)
	servers := []string{servertest.Memcached(t).Addr, servertest.StartMemcached(t).Addr}
	prefix := strings.ToLower(rand.Text())
	site := djangotest.Site(t, t.TempDir()+"/unused.db", secret,
		`SESSION_ENGINE = "django.contrib.sessions.backends.cache"`,
		fmt.Sprintf(`CACHES = {"default": {"BACKEND": "django.core.cache.backends.memcached.PyMemcacheCache",
			"LOCATION": [%q, %q], "KEY_PREFIX": %q, "VERSION": 3}}`, servers[0], servers[1], prefix))
	m := noerror.In(session.New(open(t, memcachestore.Options{
		Prefix: django.CacheKey(prefix, 3, django.EngineCache), Codec: django.Pickled(),
	}, servers...), &session.Options{Codec: django.Pickled()}))
	for range 4 { // on either server
		key := strings.TrimSpace(site.Run(`
from django.contrib.sessions.backends.cache import SessionStore
s = SessionStore()
s["tuple"], s["n"] = (1, 2), 1
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
s = SessionStore(%q)
print(s["tuple"], s["n"], SessionStore(%q).get("n"))
s["theirs"] = True
s.save()
`, s.Key(), key))
		if out != "(1, 2) 2 None\n" {
			t.Errorf("Django reads %q", out)
		}
		again, err := m.ByKey(t.Context(), s.Key())
		if err != nil || !session.Item[bool]("theirs").Get(again, false) {
			t.Errorf("what Django saved: %v, %v", again.Names(), err)
		}
		again.Flush()
		if err := again.Save(t.Context()); err != nil {
			t.Fatal(err)
		}
		if out := site.Run(fmt.Sprintf(`
from django.contrib.sessions.backends.cache import SessionStore
print(dict(SessionStore(%q)))
`, s.Key())); out != "{}\n" {
			t.Errorf("after the logout Django reads %q", out)
		}
	}
}

// TestAsACache of a database.
func TestAsACache(t *testing.T) {
	cache, err := memcachestore.OpenCache(t.Context(), []string{servertest.Memcached(t).Addr},
		&memcachestore.Options{Prefix: rand.Text()})
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
	if v, err := cache.Get(ctx, "k"); err != nil || string(v) != "b" {
		t.Errorf("Get: %s, %v", v, err)
	}
}
