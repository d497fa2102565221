package devices_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// TestRoundsAfterAnOutage are as rare as before, though one login cannot be looked at any more.
func TestRoundsAfterAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, func(testing.TB, django.Database) session.Store {
			return &poisoned{Store: memstore.New()}
		}, devices.Options{})
		var looks atomic.Int32
		s.devices.SlowLooks(time.Millisecond, func() { looks.Add(1) })
		alice, id := s.login(t, "alice")
		s.devices.Flush()
		goesOn(alice.watch(t), t)
		key := s.devices.Sealed(t.Context(), s.ids["alice"], id)
		s.exec(t, "ALTER TABLE jamsession_device RENAME TO away")
		time.Sleep(5 * time.Second)
		s.store.(*poisoned).key.put(key)
		s.exec(t, "ALTER TABLE away RENAME TO jamsession_device")
		looks.Store(0)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if n := looks.Load(); n < 5 || n > 12 {
			t.Errorf("%d looks in 10 seconds", n)
		}
	})
}

// TestEndOfEverybodyDoesNotWait for the rest after a look at all. Those who ask for such ends all the
// time do not keep the database busy.
func TestEndOfEverybodyDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, inMemory, devices.Options{})
		var looks atomic.Int32
		s.devices.SlowLooks(500*time.Millisecond, func() { looks.Add(1) })
		b, _ := s.login(t, "alice")
		watched := b.watch(t)
		time.Sleep(12 * time.Second)
		if _, err := s.auth.EndAllSessions(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		endsWithin(watched, t, time.Second)
		bob, _ := s.login(t, "bob")
		goesOn(bob.watch(t), t)
		looks.Store(0)
		for range 200 {
			s.devices.Wake("*")
			time.Sleep(100 * time.Millisecond)
		}
		if n := looks.Load(); n > 6 {
			t.Errorf("%d looks in 20 seconds", n)
		}
	})
}

// TestSlowOutageEndsAllWatches after half a minute, and not one batch after another.
func TestSlowOutageEndsAllWatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, inMemory, devices.Options{})
		var slow atomic.Bool
		s.devices.SlowLooks(0, func() {
			if slow.Load() {
				time.Sleep(15 * time.Second)
			}
		})
		b, _ := s.login(t, "alice")
		all := make([]context.Context, 1200)
		s.do = func(r *http.Request) {
			for i := range all {
				all[i], _, _ = s.devices.Watch(r)
			}
		}
		b.get("/do")
		goesOn(all[0], t)
		slow.Store(true)
		s.exec(t, "ALTER TABLE auth_user RENAME TO away")
		time.Sleep(25 * time.Second)
		goesOn(all[0], t)
		began := time.Now()
		for _, watched := range all {
			ends(watched, t, session.ErrUnavailable)
		}
		if took := time.Since(began); took > 17*time.Second {
			t.Errorf("it took %v more", took)
		}
	})
}

// TestPanicOfTheLoggerEndsNoLooks: what ends afterwards is noticed.
func TestPanicOfTheLoggerEndsNoLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, inMemory, devices.Options{})
		s.devices.LogWatches(slog.New(panickingLog{}))
		b, id := s.login(t, "alice")
		watched := b.watch(t)
		goesOn(watched, t)
		s.exec(t, "ALTER TABLE jamsession_device RENAME TO away")
		time.Sleep(5 * time.Second)
		s.exec(t, "ALTER TABLE away RENAME TO jamsession_device")
		goesOn(watched, t)
		s.exec(t, "DELETE FROM jamsession_device WHERE id = ?", id)
		endsWithin(watched, t, 2*time.Second)
	})
}

type panickingLog struct{ slog.Handler }

func (panickingLog) Enabled(context.Context, slog.Level) bool { return true }

func (panickingLog) Handle(context.Context, slog.Record) error { panic(errors.New("a disk")) }
