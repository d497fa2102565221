package cachedstore_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/cachevalue"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sessiontest"
)

func TestAloneContract(t *testing.T) {
	for name, codec := range map[string]session.Codec{"plain": nil, "Django": django.Pickled()} {
		t.Run(name, func(t *testing.T) {
			sessiontest.Run(t, func(t *testing.T) session.Store {
				return noerror.In(cachedstore.NewAlone(newMapCache(), codec))
			})
		})
	}
}

// TestAloneGivesUpTheNewKeyIfARotationFails: nobody knows it.
func TestAloneGivesUpTheNewKeyIfARotationFails(t *testing.T) {
	cache := newMapCache()
	store := noerror.In(cachedstore.NewAlone(cache, nil))
	old := session.Record{Key: strings.Repeat("a", 32), Data: []byte("x"), Expiry: time.Now().Add(time.Hour)}
	if err := store.Create(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	cache.after = func(method, _ string) {
		cache.mu.Lock()
		defer cache.mu.Unlock()
		cache.full = cache.full || method == "Add" // so that the old record cannot end
	}
	next := old
	next.Key = strings.Repeat("b", 32)
	if err := store.Save(t.Context(), old, next); !errors.Is(err, errDown) {
		t.Errorf("Save: %v, want the error of the cache", err)
	}
	if _, err := store.Load(t.Context(), old.Key); err != nil {
		t.Errorf("the old key: %v", err)
	}
	if _, err := store.Load(t.Context(), next.Key); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("the new key: %v, want ErrNotFound", err)
	}
}

// TestAloneSavesOverAnotherExpiry: only its data says that a record has changed.
func TestAloneSavesOverAnotherExpiry(t *testing.T) {
	store := noerror.In(cachedstore.NewAlone(newMapCache(), nil))
	rec := session.Record{Key: strings.Repeat("a", 32), Data: []byte("x"), Expiry: time.Now().Add(time.Hour)}
	if err := store.Create(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	later, next := rec, rec
	later.Expiry, next.Data = rec.Expiry.Add(time.Hour), []byte("y")
	for _, r := range []session.Record{later, next} {
		if err := store.Save(t.Context(), rec, r); err != nil {
			t.Errorf("Save: %v", err)
		}
	}
	if got, err := store.Load(t.Context(), rec.Key); err != nil || string(got.Data) != "y" {
		t.Errorf("Load: %q, %v", got.Data, err)
	}
}

// TestAloneReadsWhatDjangoWrote, whose expiry is not known.
func TestAloneReadsWhatDjangoWrote(t *testing.T) {
	cache := newMapCache()
	store := noerror.In(cachedstore.NewAlone(cache, django.Pickled()))
	key := strings.Repeat("a", 32)
	const pickled = "\x80\x05}\x94."
	if err := cache.Set(t.Context(), key, []byte(pickled), time.Hour); err != nil {
		t.Fatal(err)
	}
	rec, err := store.Load(t.Context(), key)
	if err != nil || string(rec.Data) != pickled || !rec.Expiry.IsZero() {
		t.Errorf("Load: %q, %v, %v", rec.Data, rec.Expiry, err)
	}
	if err := store.Delete(t.Context(), key); err != nil {
		t.Errorf("Delete: %v", err)
	}
	if value, err := cache.Get(t.Context(), key); err != nil || string(value) != "\x80\x04N." {
		t.Errorf("after the logout Django finds %q, %v, want a pickled None", value, err)
	}
}

// TestDeleteWhatCannotBeRead: a session that nobody can load can be ended.
func TestDeleteWhatCannotBeRead(t *testing.T) {
	store := noerror.In(cachedstore.NewAlone(newMapCache(), noerror.In(django.CacheValues("pickle", "zlib"))))
	rec := session.Record{
		Key: strings.Repeat("a", 32), Data: []byte("\x80\x04" + strings.Repeat("x", cachevalue.MaxSize)),
		Expiry: time.Now().Add(time.Hour),
	}
	if err := store.Create(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
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

// TestAloneMovesInThreeTrips after the load: two of them at the same time.
func TestAloneMovesInThreeTrips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails if all wait
		cache := newMapCache()
		store := noerror.In(cachedstore.NewAlone(cache, nil))
		rec := record("one")
		must(t, store.Create(t.Context(), rec))
		var trips atomic.Int32
		var both sync.WaitGroup
		both.Add(2)
		cache.hook(func(string, string) {
			if trips.Add(1) <= 2 {
				both.Done()
				both.Wait()
			}
		}, nil)
		must(t, store.Save(t.Context(), rec, under(rec, otherKey)))
		if n := trips.Load(); n != 3 {
			t.Errorf("%d trips, want 3", n)
		}
	})
}

// TestAloneMovesBackOnlyWhatIsAlive: somebody may know the key. If the session has ended, it
// is not there for a moment.
func TestAloneMovesBackOnlyWhatIsAlive(t *testing.T) {
	cache := newMapCache()
	store := noerror.In(cachedstore.NewAlone(cache, nil))
	first, second := record("one"), under(record("one"), otherKey)
	must(t, store.Create(t.Context(), first))
	must(t, store.Save(t.Context(), first, second))
	must(t, store.Delete(t.Context(), second.Key))
	cache.hook(nil, func(string, string) {
		if value := cache.holds(first.Key); string(value) != "\x80\x04N." {
			t.Errorf("the old key has %q, want a tombstone", value)
		}
	})
	if err := store.Save(t.Context(), second, first); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("Save: %v, want ErrNotFound", err)
	}
}
