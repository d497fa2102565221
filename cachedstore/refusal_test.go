package cachedstore_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

// onLoad makes the database act after its nth load from now on, once.
func (d *spyDB) onLoad(n int, act func()) {
	if n > 1 {
		d.after = func() { d.onLoad(n-1, act) }
		return
	}
	d.after = act
}

// loadsOf returns how many loads of the database fn needs.
func (d *spyDB) loadsOf(fn func()) int32 {
	before := d.loads.Load()
	fn()
	return d.loads.Load() - before
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, s session.Store, key string) {
	t.Helper()
	_, err := s.Load(t.Context(), key)
	must(t, err)
}

// TestFullCacheIsToldOfChanges: it takes nothing, and still deletes and answers.
// What every process has from it stays right.
func TestFullCacheIsToldOfChanges(t *testing.T) {
	moved := record("one")
	moved.Key = strings.Repeat("m", 32)
	for name, c := range map[string]struct {
		change func(s session.Store, rec session.Record) error
		want   string
	}{
		"Delete": {func(s session.Store, rec session.Record) error { return s.Delete(t.Context(), rec.Key) }, ""},
		"Save": {func(s session.Store, rec session.Record) error {
			return s.Save(t.Context(), rec, with(rec, "two"))
		}, "two"},
		"rotate": {func(s session.Store, rec session.Record) error { return s.Save(t.Context(), rec, moved) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, db, cache := open(t)
			other := process(t, db, cache)
			rec := cached(t, s)
			cache.fill(true)
			if err := c.change(s, rec); err != nil {
				t.Fatal(err)
			}
			for _, store := range []session.Store{s, other} {
				if c.want == "" {
					wantGone(t, store)
				} else {
					wantData(t, store, c.want)
				}
			}
		})
	}
}

// TestFullCacheStillAnswers all that it has.
func TestFullCacheStillAnswers(t *testing.T) {
	s, db, cache := open(t)
	cached(t, s)
	ended := record("two")
	ended.Key = strings.Repeat("e", 32)
	must(t, s.Create(t.Context(), ended))
	load(t, s, ended.Key)
	cache.fill(true)
	must(t, s.Delete(t.Context(), ended.Key))
	if n := db.loadsOf(func() { wantData(t, s, "one") }); n != 0 {
		t.Errorf("%d loads from the database", n)
	}
}

// TestRefillAfterALogoutOnAFullCache: a reader has read the row, once or twice,
// when another process logs out and can leave no tombstone. Then there is room
// again, and the reader goes on.
func TestRefillAfterALogoutOnAFullCache(t *testing.T) {
	for loads := 1; loads <= 2; loads++ {
		t.Run(fmt.Sprint(loads, " loads"), func(t *testing.T) {
			s, db, cache := open(t)
			other, third := process(t, db.Store, cache), process(t, db.Store, cache)
			rec := created(t, s)
			loggedOut := false
			db.onLoad(loads, func() {
				cache.fill(true)
				if err := other.Delete(t.Context(), rec.Key); err != nil {
					t.Error(err)
				}
				cache.fill(false)
				loggedOut = true
			})
			cache.hook(nil, func(method, _ string) { // at each step of the reader
				if loggedOut && method != "Get" {
					wantGone(t, third)
				}
			})
			wantData(t, s, "one") // that reader was first
			cache.hook(nil, nil)
			if !loggedOut {
				t.Fatal("the reader has not loaded as often")
			}
			for _, store := range []session.Store{s, other, third} {
				wantGone(t, store)
			}
		})
	}
}

// TestWhatCannotBeCachedRestsNoCache: a session that the cache does not take, or
// does not return, is read from the database, and all others from the cache.
func TestWhatCannotBeCachedRestsNoCache(t *testing.T) {
	large := record(strings.Repeat("l", 2000))
	large.Key = strings.Repeat("l", 32)
	uncached := func(t *testing.T, s session.Store, db *spyDB) {
		t.Helper()
		for range 3 {
			if got, err := s.Load(t.Context(), large.Key); err != nil || len(got.Data) != len(large.Data) {
				t.Fatalf("Load of the large one: %v, %v", got, err)
			}
			if n := db.loadsOf(func() { wantData(t, s, "one") }); n != 0 {
				t.Errorf("%d loads of another from the database", n)
			}
		}
	}
	for name, most := range map[string]int{"in words of its own": 1000, "as ErrTooLarge": -1000} {
		t.Run(name, func(t *testing.T) {
			s, db, cache := open(t)
			cached(t, s)
			cache.most = most
			must(t, s.Create(t.Context(), large))
			uncached(t, s, db)
			longer := with(large, "l"+string(large.Data))
			if err := s.Save(t.Context(), large, longer); err != nil {
				t.Fatal(err)
			}
			must(t, s.Save(t.Context(), longer, large))
			uncached(t, s, db)
		})
	}
	t.Run("not returned", func(t *testing.T) {
		s, db, cache := open(t)
		cached(t, s)
		must(t, s.Create(t.Context(), large))
		load(t, s, large.Key)
		cache.most = -1000
		uncached(t, s, db)
	})
}

// TestVisitorWhoLeavesRestsNoCache, and leaves no warning: neither one who goes
// while the cache is asked, nor one whose time is up then.
func TestVisitorWhoLeavesRestsNoCache(t *testing.T) {
	for name, visitor := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"leaves": context.WithCancel,
		"has no time left": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Millisecond)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log strings.Builder
				db, cache := newDB(), newMapCache()
				s := noerror.In(cachedstore.New(db, cache, &cachedstore.Options{
					Logger: slog.New(slog.NewTextHandler(&log, nil)),
				}))
				rec := cached(t, s)
				for range 3 {
					cache.fail(false, true)
					ctx, leave := visitor(t.Context())
					time.AfterFunc(time.Millisecond, leave)
					if _, err := s.Load(ctx, rec.Key); err == nil {
						t.Error("a load without a visitor succeeds")
					}
					leave()
					cache.fail(false, false)
					if n := db.loadsOf(func() { wantData(t, s, "one") }); n != 0 {
						t.Errorf("%d loads of the next visitor from the database", n)
					}
				}
				must(t, s.Close())
				if log.Len() > 0 {
					t.Error(log.String())
				}
			})
		})
	}
}

// TestSilentCacheRestsThoughItsVisitorsHaveLittleTime.
func TestSilentCacheRestsThoughItsVisitorsHaveLittleTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, cache := open(t)
		rec := cached(t, s)
		cache.fail(false, true)
		for range 10 {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			_, err := s.Load(ctx, rec.Key)
			cancel()
			if err != nil && !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		}
		if n := cache.count("Get"); n > 2 {
			t.Errorf("the silent cache was asked %d times", n)
		}
	})
}
