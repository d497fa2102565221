package cachedstore_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sessiontest"
)

var quiet = slog.New(slog.DiscardHandler)

// spyDB counts loads, and lets a test act in the middle of one.
type spyDB struct {
	session.Store
	loads atomic.Int32
	after func() // of the next load
	down  atomic.Bool
}

func newDB() *spyDB { return &spyDB{Store: memstore.New()} }

func (d *spyDB) Load(ctx context.Context, key string) (session.Record, error) {
	d.loads.Add(1)
	if d.down.Load() {
		return session.Record{}, errors.New("database is down")
	}
	rec, err := d.Store.Load(ctx, key)
	if act := d.after; act != nil {
		d.after = nil
		act()
	}
	return rec, err
}

func (*spyDB) KeepsBytes() bool { return true }

func (d *spyDB) List(ctx context.Context) iter.Seq2[session.Record, error] {
	return session.List(ctx, d.Store)
}

// open returns a store that two processes could share, and its parts.
func open(t *testing.T) (session.Store, *spyDB, *mapCache) {
	t.Helper()
	db, cache := newDB(), newMapCache()
	return process(t, db, cache), db, cache
}

// process returns the store of another process on the same parts.
func process(t *testing.T, db session.Store, cache cachedstore.Cache) session.Store {
	t.Helper()
	s := noerror.In(cachedstore.New(db, cache, &cachedstore.Options{Logger: quiet}))
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func record(data string) session.Record {
	return session.Record{
		Key: strings.Repeat("k", 32), Data: []byte(data),
		Expiry: time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond),
	}
}

// created returns a record that is in the database.
func created(t *testing.T, s session.Store) session.Record {
	t.Helper()
	rec := record("one")
	if err := s.Create(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	return rec
}

// cached returns a record that is in the database and in the cache.
func cached(t *testing.T, s session.Store) session.Record {
	t.Helper()
	rec := created(t, s)
	wantData(t, s, "one")
	return rec
}

func with(rec session.Record, data string) session.Record {
	rec.Data = []byte(data)
	return rec
}

func wantData(t *testing.T, s session.Store, want string) {
	t.Helper()
	rec, err := s.Load(t.Context(), record("").Key)
	if err != nil || string(rec.Data) != want {
		t.Errorf("Load: %q, %v, want %q", rec.Data, err, want)
	}
}

func wantGone(t *testing.T, s session.Store) {
	t.Helper()
	rec, err := s.Load(t.Context(), record("").Key)
	if !errors.Is(err, session.ErrNotFound) {
		t.Errorf("Load: %q, %v, want ErrNotFound", rec.Data, err)
	}
}

func TestStore(t *testing.T) {
	sessiontest.Run(t, func(t *testing.T) session.Store {
		s, _, _ := open(t)
		return s
	})
}

func TestReadsComeFromTheCache(t *testing.T) {
	s, db, _ := open(t)
	rec := cached(t, s)
	before := db.loads.Load()
	for range 10 {
		wantData(t, s, "one")
	}
	if n := db.loads.Load() - before; n != 0 {
		t.Errorf("%d loads from the database", n)
	}
	got, err := s.Load(t.Context(), rec.Key)
	if err != nil || !got.Expiry.Equal(rec.Expiry) || got.Key != rec.Key {
		t.Errorf("Load: %v, expiry %v, want %v", err, got.Expiry, rec.Expiry)
	}
	if err := s.Save(t.Context(), got, with(rec, "two")); err != nil {
		t.Errorf("Save over what the cache gave: %v", err)
	}
	before = db.loads.Load()
	wantData(t, s, "two")
	if n := db.loads.Load() - before; n != 0 {
		t.Errorf("after a save: %d loads from the database", n)
	}
}

// TestCacheThatFailsFailsNoRequest: neither a dead one nor a slow one.
func TestCacheThatFailsFailsNoRequest(t *testing.T) {
	for name, fault := range map[string]func(*mapCache){
		"down": func(c *mapCache) { c.fail(true, false) },
		"slow": func(c *mapCache) { c.fail(false, true) },
	} {
		t.Run(name, func(t *testing.T) {
			sessiontest.Run(t, func(t *testing.T) session.Store {
				cache := newMapCache()
				fault(cache)
				s := noerror.In(cachedstore.New(newDB(), cache, &cachedstore.Options{Logger: quiet, Timeout: time.Millisecond}))
				t.Cleanup(func() { _ = s.Close() })
				return s
			})
		})
	}
}

// TestSlowCacheDelaysNoRequest: not longer than the timeout, and not each reader.
func TestSlowCacheDelaysNoRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, cache := open(t)
		created(t, s)
		cache.fail(false, true)
		begin := time.Now()
		for range 10 {
			wantData(t, s, "one")
		}
		if d := time.Since(begin); d > 250*time.Millisecond {
			t.Errorf("ten readers waited %v", d)
		}
	})
}

func TestDatabaseThatIsDownIsNotAnonymous(t *testing.T) {
	s, db, _ := open(t)
	created(t, s)
	db.down.Store(true)
	if _, err := s.Load(t.Context(), record("").Key); err == nil || errors.Is(err, session.ErrNotFound) {
		t.Errorf("Load: error %v", err)
	}
}

// TestRefillAfterLogout: a reader has read the row, another request logs out,
// and the reader fills the cache. (Django's cached_db serves the session
// again then.)
func TestRefillAfterLogout(t *testing.T) {
	ends := map[string]func(s session.Store, rec session.Record) error{
		"Delete": func(s session.Store, rec session.Record) error { return s.Delete(context.Background(), rec.Key) },
		"Save": func(s session.Store, rec session.Record) error {
			dead := rec
			dead.Expiry = time.Now().Add(-time.Second)
			return s.Save(context.Background(), rec, dead)
		},
		"rotate": func(s session.Store, rec session.Record) error {
			moved := rec
			moved.Key = strings.Repeat("m", 32)
			return s.Save(context.Background(), rec, moved)
		},
	}
	for name, end := range ends {
		for _, lost := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " lost=", lost), func(t *testing.T) {
				s, db, cache := open(t)
				other := process(t, db.Store, cache)
				rec := created(t, s)
				db.after = func() {
					if err := end(other, rec); err != nil {
						t.Error(err)
					}
					if lost {
						cache.lose() // and the tombstone with it
					}
				}
				wantData(t, s, "one") // that reader was first
				wantGone(t, s)
				wantGone(t, other)
			})
		}
	}
}

// TestRefillAfterSave: the same with a change instead of an end.
func TestRefillAfterSave(t *testing.T) {
	for _, lost := range []bool{false, true} {
		s, db, cache := open(t)
		other := process(t, db.Store, cache)
		rec := created(t, s)
		db.after = func() {
			if err := other.Save(t.Context(), rec, with(rec, "two")); err != nil {
				t.Error(err)
			}
			if lost {
				cache.lose()
			}
		}
		wantData(t, s, "one")
		wantData(t, s, "two")
		wantData(t, other, "two")
	}
}

// TestRefillByALateReader: it comes when the tombstone is gone.
func TestRefillByALateReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, db, cache := open(t)
		other := process(t, db.Store, cache)
		rec := created(t, s)
		db.after = func() {
			if err := other.Delete(t.Context(), rec.Key); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Minute)
		}
		wantData(t, s, "one")
		if bytes.Contains(cache.holds(rec.Key), rec.Data) {
			t.Error("a reader who took a minute has filled the cache")
		}
		wantGone(t, s)
	})
}

// TestSlowerSaveDoesNotHideFasterOne: two saves follow each other in the
// database, and their entries come to the cache in the other order.
func TestSlowerSaveDoesNotHideFasterOne(t *testing.T) {
	s, db, cache := open(t)
	other := process(t, db, cache)
	rec := cached(t, s)
	two, three := with(rec, "two"), with(rec, "three")
	var swaps atomic.Int32
	cache.hook(func(method, _ string) {
		if method == "Swap" && swaps.Add(1) == 2 { // the first save has been to the database
			cache.hook(nil, nil)
			if err := other.Save(t.Context(), two, three); err != nil {
				t.Error(err)
			}
		}
	}, nil)
	if err := s.Save(t.Context(), rec, two); err != nil {
		t.Fatal(err)
	}
	wantData(t, s, "three")
	wantData(t, other, "three")
}

// TestCacheThatMissedALogout is not asked about it, and is told as soon as it
// can be.
func TestCacheThatMissedALogout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, db, cache := open(t)
		other := process(t, db, cache)
		rec := cached(t, s)
		cache.fail(true, false)
		if err := s.Delete(t.Context(), rec.Key); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		wantGone(t, s)
		cache.fail(false, false)
		wantGone(t, s) // at once
		time.Sleep(2 * time.Second)
		wantGone(t, other) // soon
		if n := cache.count("Set"); n > 20 {
			t.Errorf("%d attempts", n)
		}
		time.Sleep(time.Hour)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestFrozenCacheIsNotBelieved: it cannot be told of a logout, and still answers.
func TestFrozenCacheIsNotBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, cache := open(t)
		rec := cached(t, s)
		cache.freeze()
		if err := s.Delete(t.Context(), rec.Key); err != nil {
			t.Fatal(err)
		}
		for range 50 { // as long as the cache keeps it, and no longer
			wantGone(t, s)
			time.Sleep(5 * time.Second)
		}
		if cache.count("Get") == 0 || cache.holds(rec.Key) == nil {
			t.Error("the cache has not kept its entry")
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestNoEntryOutlivesLifetime: that bounds what other processes can serve of
// a session if the one that ended it could not tell the cache, and died.
func TestNoEntryOutlivesLifetime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, db, cache := open(t)
		rec := cached(t, s)
		if err := db.Delete(t.Context(), rec.Key); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5*time.Minute + time.Second)
		wantGone(t, s)
		if cache.holds(rec.Key) != nil {
			t.Error("the cache holds an entry")
		}
	})
}

// TestManyMissedChanges: more than are kept; then nothing is believed.
func TestManyMissedChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, cache := open(t)
		rec := cached(t, s)
		cache.fail(true, false)
		if err := s.Delete(t.Context(), rec.Key); err != nil {
			t.Fatal(err)
		}
		for i := range 10_000 {
			if err := s.Delete(t.Context(), fmt.Sprintf("%032d", i)); !errors.Is(err, session.ErrNotFound) {
				t.Fatal(err)
			}
		}
		cache.fail(false, false)
		time.Sleep(1100 * time.Millisecond)
		wantGone(t, s)
		time.Sleep(5 * time.Minute)
		wantGone(t, s)
	})
}

func TestCloseEndsTheAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, cache := open(t)
		rec := cached(t, s)
		cache.fail(true, false)
		if err := s.Delete(t.Context(), rec.Key); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.Delete(t.Context(), rec.Key); !errors.Is(err, session.ErrNotFound) { // one that comes late
			t.Fatal(err)
		}
		n := cache.count("Set")
		time.Sleep(time.Hour)
		if cache.count("Set") != n {
			t.Error("attempts after Close")
		}
	})
}

// TestCloseWaitsForTheAttempt that is under way.
func TestCloseWaitsForTheAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, cache := open(t)
		rec := cached(t, s)
		cache.fail(true, false)
		if err := s.Delete(t.Context(), rec.Key); err != nil {
			t.Fatal(err)
		}
		cache.fail(false, false)
		var begun, done atomic.Bool
		cache.hook(func(string, string) {
			begun.Store(true)
			time.Sleep(time.Second)
			done.Store(true)
		}, nil)
		time.Sleep(1500 * time.Millisecond)
		if !begun.Load() || done.Load() {
			t.Fatal("the attempt is not under way")
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if !done.Load() {
			t.Error("Close did not wait")
		}
	})
}

// TestCloseWaitsForOneTombstone of an attempt, and not for those of all sessions.
func TestCloseWaitsForOneTombstone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, db, cache := open(t)
		cache.fail(true, false)
		for i := range 100 {
			rec := record("one")
			rec.Key = fmt.Sprintf("%032d", i)
			must(t, db.Create(t.Context(), rec))
			must(t, s.Delete(t.Context(), rec.Key))
		}
		cache.fail(false, false)
		cache.hook(func(string, string) { time.Sleep(200 * time.Millisecond) }, nil)
		time.Sleep(1500 * time.Millisecond)
		begin := time.Now()
		must(t, s.Close())
		if took := time.Since(begin); took > 200*time.Millisecond {
			t.Errorf("Close took %v", took)
		}
	})
}

// TestMissedAgainDuringAnAttempt: the attempt's tombstone is older than the
// change, so that it is not the last one.
func TestMissedAgainDuringAnAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, cache := open(t)
		rec := cached(t, s)
		cache.fail(true, false)
		if err := s.Delete(t.Context(), rec.Key); err != nil {
			t.Fatal(err)
		}
		cache.fail(false, false)
		var attempts atomic.Int32
		cache.hook(nil, func(method, _ string) {
			if method != "Set" {
				return
			}
			if attempts.Add(1) > 1 {
				return
			}
			cache.fail(true, false)
			if err := s.Delete(t.Context(), rec.Key); !errors.Is(err, session.ErrNotFound) { // it is gone
				t.Error(err)
			}
			cache.fail(false, false)
		})
		time.Sleep(10 * time.Second)
		if n := attempts.Load(); n != 2 {
			t.Errorf("%d tombstones, want 2", n)
		}
	})
}

// TestReaderLeavesTombstones: it does not fill their place.
func TestReaderLeavesTombstones(t *testing.T) {
	s, _, cache := open(t)
	rec := cached(t, s)
	if err := cache.Set(t.Context(), rec.Key, tombstoneOf(t), time.Hour); err != nil {
		t.Fatal(err)
	}
	tombstone := string(cache.holds(rec.Key))
	wantData(t, s, "one")
	if string(cache.holds(rec.Key)) != tombstone {
		t.Error("the tombstone is gone")
	}
}

// tombstoneOf returns a tombstone.
func tombstoneOf(t *testing.T) []byte {
	t.Helper()
	s, _, cache := open(t)
	rec := created(t, s)
	if err := s.Delete(t.Context(), rec.Key); err != nil {
		t.Fatal(err)
	}
	return cache.holds(rec.Key)
}

// TestCacheThatKeepsTooLong: the entry says itself when the record expires.
func TestCacheThatKeepsTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, cache := open(t)
		cache.keeps = true
		rec := record("one")
		rec.Expiry = time.Now().Add(time.Minute)
		if err := s.Create(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
		wantData(t, s, "one")
		time.Sleep(2 * time.Minute)
		wantGone(t, s)
	})
}

// TestLostAcknowledgement: a cache that has given a place to a reader says that
// it has not. The reader does not fill it.
func TestLostAcknowledgement(t *testing.T) {
	s, db, cache := open(t)
	other := process(t, db.Store, cache)
	rec := created(t, s)
	db.after = func() {
		if err := other.Delete(t.Context(), rec.Key); err != nil {
			t.Error(err)
		}
		cache.lose()
		cache.mu.Lock()
		cache.lies = true
		cache.mu.Unlock()
	}
	wantData(t, s, "one")
	cache.mu.Lock()
	cache.lies = false
	cache.mu.Unlock()
	wantGone(t, other)
}

// TestVisitorWhoHasLeft: the cache still learns of the change.
func TestVisitorWhoHasLeft(t *testing.T) {
	db, cache := newDB(), newMapCache()
	s := process(t, heedless{db}, cache)
	other := process(t, db, cache)
	rec := cached(t, other)
	ctx, cancel := context.WithCancel(t.Context())
	cache.hook(func(string, string) { cancel() }, nil)
	if err := s.Delete(ctx, rec.Key); err != nil {
		t.Fatal(err)
	}
	cache.hook(nil, nil)
	wantGone(t, other)
}

// heedless is a database that has finished before it hears of the end.
type heedless struct{ session.Store }

func (h heedless) Delete(ctx context.Context, key string) error {
	return h.Store.Delete(context.WithoutCancel(ctx), key)
}

// TestForeignEntryIsNotBelieved: Django's cached_db can put a session back
// after its logout.
func TestForeignEntryIsNotBelieved(t *testing.T) {
	s, db, cache := open(t)
	rec := cached(t, s)
	theirs := []byte("\x80\x05}\x94.")
	if err := cache.Set(t.Context(), rec.Key, theirs, time.Hour); err != nil {
		t.Fatal(err)
	}
	before := db.loads.Load()
	wantData(t, s, "one")
	if db.loads.Load() == before {
		t.Error("the database was not asked")
	}
	before = db.loads.Load()
	wantData(t, s, "one")
	if db.loads.Load() != before {
		t.Error("the foreign entry was not replaced")
	}
	if err := s.Delete(t.Context(), rec.Key); err != nil {
		t.Fatal(err)
	}
	if err := cache.Set(t.Context(), rec.Key, theirs, time.Hour); err != nil {
		t.Fatal(err)
	}
	wantGone(t, s)
	if string(cache.holds(rec.Key)) == string(theirs) {
		t.Error("the entry of a session that is gone was left to Django")
	}
}

// TestDeleteWhileASaveIsOnItsWay: the save has put its tombstone over that of
// the deletion, and must not fill the place.
func TestDeleteWhileASaveIsOnItsWay(t *testing.T) {
	s, db, cache := open(t)
	other := process(t, db, cache)
	rec := cached(t, s)
	saved := make(chan error, 1)
	reached, release := make(chan struct{}), make(chan struct{})
	var sets atomic.Int32
	cache.hook(func(method, _ string) {
		if method == "Set" && sets.Add(1) == 3 { // the save has been to the database
			close(reached)
			<-release // until the row is deleted
		}
	}, func(method, _ string) {
		if method == "Set" && sets.Load() == 1 { // the deletion has its first tombstone
			go func() { saved <- s.Save(context.Background(), rec, with(rec, "two")) }()
			<-reached
		}
	})
	if err := other.Delete(t.Context(), rec.Key); err != nil {
		t.Fatal(err)
	}
	close(release)
	if err := <-saved; err != nil {
		t.Fatal(err)
	}
	wantGone(t, s)
	wantGone(t, other)
}

// TestRefreshMeetsAChange: one request moves the expiry only, so that the
// database lets another change the data, or the key, after it. Whose tombstone
// was first must not matter.
func TestRefreshMeetsAChange(t *testing.T) {
	for name, change := range map[string]func(rec session.Record) session.Record{
		"data": func(rec session.Record) session.Record { return with(rec, "two") },
		"key": func(rec session.Record) session.Record {
			rec.Key = strings.Repeat("m", 32)
			return rec
		},
		"end": func(rec session.Record) session.Record {
			rec.Expiry = time.Now().Add(-time.Second)
			return rec
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, db, cache := open(t)
			other := process(t, db, cache)
			rec := cached(t, s)
			later := rec
			later.Expiry = rec.Expiry.Add(time.Hour)
			next := change(rec)
			var writes atomic.Int32
			cache.hook(nil, func(method, _ string) {
				if method != "Get" && writes.Add(1) == 1 { // the change has its tombstone, and nothing else yet
					if err := s.Save(context.Background(), rec, later); err != nil {
						t.Error(err)
					}
				}
			})
			if err := other.Save(t.Context(), rec, next); err != nil {
				t.Fatal(err)
			}
			for _, store := range []session.Store{s, other} {
				if name == "data" {
					wantData(t, store, "two")
				} else {
					wantGone(t, store)
				}
			}
		})
	}
}

// TestLogoutWhileOthersRead: many readers, and a logout in the middle. After
// it was answered nobody sees the session.
func TestLogoutWhileOthersRead(t *testing.T) {
	for range 200 {
		db, cache := newDB(), newMapCache()
		stores := []session.Store{process(t, db, cache), process(t, db, cache)}
		rec := created(t, stores[0])
		var wg sync.WaitGroup
		var loggedOut atomic.Bool
		start := make(chan struct{})
		for i := range 8 {
			wg.Go(func() {
				<-start
				for range 20 {
					out := loggedOut.Load()
					_, err := stores[i%2].Load(t.Context(), rec.Key)
					if out && !errors.Is(err, session.ErrNotFound) {
						t.Errorf("after the logout: %v", err)
					}
				}
			})
		}
		wg.Go(func() {
			<-start
			if err := stores[0].Delete(t.Context(), rec.Key); err != nil {
				t.Error(err)
			}
			loggedOut.Store(true)
		})
		close(start)
		wg.Wait()
		wantGone(t, stores[1])
	}
}

// TestPythonLoadsEntries: as the items if Options.Codec can pickle them, and
// as None, a miss, otherwise.
func TestPythonLoadsEntries(t *testing.T) {
	python := djangotest.Python(t)
	load := func(value []byte) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), python, "-c",
			"import pickle, sys; print(pickle.loads(bytes.fromhex(sys.argv[1])))",
			hex.EncodeToString(value)).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return strings.TrimSpace(string(out))
	}
	db, cache := newDB(), newMapCache()
	s := noerror.In(cachedstore.New(db, cache, &cachedstore.Options{Codec: pickler{nil, func([]byte) ([]byte, error) {
		return hex.DecodeString("80059508000000000000007d948c0161944b01732e") // {"a": 1}, in a frame
	}}}))
	rec := cached(t, s)
	if got := load(cache.holds(rec.Key)); got != "{'a': 1}" {
		t.Errorf("Python loads %s", got)
	}
	if err := s.Delete(t.Context(), rec.Key); err != nil {
		t.Fatal(err)
	}
	if got := load(cache.holds(rec.Key)); got != "None" {
		t.Errorf("Python loads %s from a tombstone", got)
	}
	plain, _, plainCache := open(t)
	cached(t, plain)
	if got := load(plainCache.holds(rec.Key)); got != "None" {
		t.Errorf("Python loads %s from an entry without items", got)
	}
}

// A pickler is a codec of which only the pickles count.
type pickler struct {
	session.Codec
	pickle func([]byte) ([]byte, error)
}

func (p pickler) Pickle(data []byte) ([]byte, error) { return p.pickle(data) }

func TestFailedPickleIsNotCached(t *testing.T) {
	for name, pickle := range map[string]func([]byte) ([]byte, error){
		"error":    func([]byte) ([]byte, error) { return nil, session.ErrCorrupt },
		"no bytes": func([]byte) ([]byte, error) { return nil, nil },
		"no such":  func([]byte) ([]byte, error) { return []byte("(dp0\n."), nil },
	} {
		t.Run(name, func(t *testing.T) {
			cache := newMapCache()
			s := noerror.In(cachedstore.New(newDB(), cache, &cachedstore.Options{Codec: pickler{nil, pickle}, Logger: quiet}))
			rec := cached(t, s)
			if v := cache.holds(rec.Key); v != nil {
				t.Errorf("the cache holds %q", v)
			}
		})
	}
}

func TestList(t *testing.T) {
	s, _, _ := open(t)
	created(t, s)
	n := 0
	for _, err := range session.List(t.Context(), s) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d records", n)
	}
}

// TestCacheThatPanicsInAnAttempt is asked again later: nothing else buries what
// it has missed.
func TestCacheThatPanicsInAnAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, cache := open(t)
		rec := cached(t, s)
		entry := string(cache.holds(rec.Key))
		cache.fail(true, false)
		if err := s.Delete(t.Context(), rec.Key); err != nil {
			t.Fatal(err)
		}
		cache.fail(false, false)
		var attempts atomic.Int32
		cache.hook(func(method, _ string) {
			if method == "Set" && attempts.Add(1) < 3 {
				panic("a driver's")
			}
		}, nil)
		time.Sleep(10 * time.Second)
		if n := attempts.Load(); n != 3 || string(cache.holds(rec.Key)) == entry {
			t.Errorf("%d attempts, the cache holds %q", n, cache.holds(rec.Key))
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestASaveBesideALogoutBringsNothingBack, not even for the moment until the logout is done:
// somebody may have learnt from the database already that the session has ended.
func TestASaveBesideALogoutBringsNothingBack(t *testing.T) {
	s, db, cache := open(t)
	other, third := process(t, db, cache), process(t, db, cache)
	rec := cached(t, s)
	var sets, gets atomic.Int32
	cache.hook(func(method, _ string) {
		if method == "Get" && gets.Add(1) == 1 { // the row is deleted, and the logout looks again
			if _, err := third.Load(t.Context(), rec.Key); !errors.Is(err, session.ErrNotFound) {
				t.Errorf("loaded beside the logout: %v", err)
			}
		}
	}, func(method, _ string) {
		if method == "Set" && sets.Add(1) == 1 { // the logout has its tombstone
			must(t, other.Save(t.Context(), rec, with(rec, "two")))
		}
	})
	must(t, s.Delete(t.Context(), rec.Key))
	wantGone(t, third)
}
