package devices_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/authsession"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// TestAdoptionsAtOnceAreOneForTheLimit: the requests of a page at once are one device, which
// does not put itself out.
func TestAdoptionsAtOnceAreOneForTheLimit(t *testing.T) {
	for _, policy := range []devices.Policy{devices.EndOldest, devices.Refuse} {
		forEachEngine(t, func(t *testing.T, e engine) {
			s := newSite(t, e, devices.Options{Max: 1, WhenFull: policy})
			b := s.browser(t)
			b.get("/django/alice")
			meet(8, func(int) {
				if code, who := b.ask("/who"); code != http.StatusOK || who != "alice" {
					t.Errorf("policy %d: %d: %s", policy, code, who)
				}
			})
			b.is(t, "alice")
			if n := s.rows(t, "alice"); n != 1 {
				t.Errorf("policy %d: %d rows", policy, n)
			}
		})
	}
}

// TestNothingCanBeWritten: a login that has no row yet goes on where neither rows nor sessions
// are written, and the other changes of the request are not lost.
func TestNothingCanBeWritten(t *testing.T) {
	forEachEngine(t, func(t *testing.T, e engine) {
		s := newSite(t, e, devices.Options{})
		b := s.browser(t)
		b.get("/django/alice")
		if _, err := s.db.DB.Exec("CREATE TRIGGER readonly BEFORE INSERT ON jamsession_device " +
			"BEGIN SELECT RAISE(ABORT, 'read-only'); END"); err != nil {
			t.Fatal(err)
		}
		b.is(t, "alice")
		if text := b.get("/count"); text != "alice 1" {
			t.Errorf("%d: %s", b.Code, text)
		}
		if _, err := s.db.DB.Exec("DROP TRIGGER readonly"); err != nil {
			t.Fatal(err)
		}
		b.is(t, "alice")
		if n := s.rows(t, "alice"); n != 0 {
			t.Error("what has failed is tried at once again")
		}
	})
}

// A faultyStore saves, or not, and says that it did not.
type faultyStore struct {
	session.Store
	fails, saves atomic.Bool
}

var errFault = errors.New("the connection broke")

func (s *faultyStore) Save(ctx context.Context, old, next session.Record) error {
	if s.fails.Load() && !s.saves.Load() {
		return errFault
	}
	err := s.Store.Save(ctx, old, next)
	if err == nil && s.fails.Load() {
		return errFault
	}
	return err
}

// TestAdoptionWhoseSaveIsNotAnswered: whether it was stored or not, the visitor stays logged in.
func TestAdoptionWhoseSaveIsNotAnswered(t *testing.T) {
	for _, saves := range []bool{false, true} {
		store := &faultyStore{Store: memstore.New()}
		s := newSite(t, func(testing.TB, django.Database) session.Store { return store }, devices.Options{})
		b := s.browser(t)
		b.get("/django/alice")
		store.saves.Store(saves)
		store.fails.Store(true)
		b.is(t, "alice")
		store.fails.Store(false)
		b.is(t, "alice")
		if text := b.get("/count"); text != "alice 1" {
			t.Errorf("saved %v: %d: %s", saves, b.Code, text)
		}
		b.is(t, "alice")
	}
}

// TestReadOnlyDatabaseIsNotAskedByEachRequest when a device was last seen cannot be written.
func TestReadOnlyDatabaseIsNotAskedByEachRequest(t *testing.T) {
	if n := devices.Fail(slog.New(slog.DiscardHandler), 100); n != 1 {
		t.Errorf("%d attempts", n)
	}
}

// TestEndOfAllSparesLoginsAfterIt: a user who was thrown out logs in again before the rows are deleted.
func TestEndOfAllSparesLoginsAfterIt(t *testing.T) {
	for _, all := range []bool{false, true} {
		s := newSite(t, inMemory, devices.Options{Timeout: apart})
		before, _ := s.login(t, "alice")
		var after *browser
		s.raised = func() { after, _ = s.login(t, "alice") }
		var err error
		if all {
			_, err = s.auth.EndAllSessions(t.Context(), nil)
		} else {
			_, err = s.auth.EndSessions(t.Context(), nil, auth.User{ID: s.ids["alice"]})
		}
		if err != nil {
			t.Fatal(err)
		}
		before.is(t, "")
		after.is(t, "alice")
		if n := s.rows(t, "alice"); n != 1 {
			t.Errorf("%d rows", n)
		}
	}
}

// TestNewPasswordSparesLoginsAfterIt: somebody who knows the new one logs in before the rows are deleted.
func TestNewPasswordSparesLoginsAfterIt(t *testing.T) {
	s := newSite(t, inMemory, devices.Options{Timeout: apart})
	here, _ := s.login(t, "alice")
	before, _ := s.login(t, "alice")
	after := s.browser(t)
	s.replaced = func() { after.get("/loginas/alice/new") }
	if text := here.get("/password/alice/new"); text != "changed" {
		t.Fatalf("%d: %s", here.Code, text)
	}
	here.is(t, "alice")
	before.is(t, "")
	after.is(t, "alice")
	if n := s.rows(t, "alice"); n != 2 {
		t.Errorf("%d rows", n)
	}
}

// TestFailedLoginLeavesTheVisitor in the session, and on the device, where they were.
func TestFailedLoginLeavesTheVisitor(t *testing.T) {
	forEachEngine(t, func(t *testing.T, e engine) {
		s := newSite(t, e, devices.Options{})
		b, id := s.login(t, "alice")
		bob, err := s.users.ByUsername(t.Context(), "bob")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.users.Delete(t.Context(), bob.ID); err != nil {
			t.Fatal(err)
		}
		b.s = s.sessions.Handler(s.auth.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if err := s.auth.Login(r, bob); !errors.Is(err, session.ErrUnavailable) {
				t.Errorf("the login of a user who was just deleted: %v", err)
			}
		})))
		b.get("/")
		b.s = s.Handler
		b.is(t, "alice")
		if own := b.own(t); own != id {
			t.Errorf("the device is %s, was %s", own, id)
		}
	})
}

// TestRowThatCannotBeProlonged does not keep its visitor out.
func TestRowThatCannotBeProlonged(t *testing.T) {
	s := newSite(t, inMemory, devices.Options{})
	b, _ := s.login(t, "alice")
	if _, err := s.db.DB.Exec("CREATE TRIGGER readonly BEFORE UPDATE ON jamsession_device " +
		"BEGIN SELECT RAISE(ABORT, 'read-only'); END"); err != nil {
		t.Fatal(err)
	}
	if text := b.get("/expiry/99999999"); text != "alice" {
		t.Errorf("%d: %s", b.Code, text)
	}
	b.is(t, "alice")
}

// TestEndOthersNeedsARow: without one it must not seem that it has ended others.
func TestEndOthersNeedsARow(t *testing.T) {
	s := newSite(t, inMemory, devices.Options{})
	b := s.browser(t)
	b.get("/django/alice")
	if _, err := s.db.DB.Exec("CREATE TRIGGER readonly BEFORE INSERT ON jamsession_device " +
		"BEGIN SELECT RAISE(ABORT, 'read-only'); END"); err != nil {
		t.Fatal(err)
	}
	if b.get("/others"); b.Code != http.StatusServiceUnavailable {
		t.Errorf("EndOthers without a row: %d", b.Code)
	}
}

// TestChangeThatWasNotSavedIsTakenBack, and the others of the request are saved.
func TestChangeThatWasNotSavedIsTakenBack(t *testing.T) {
	store := &faultyStore{Store: memstore.New()}
	s := newSite(t, func(testing.TB, django.Database) session.Store { return store }, devices.Options{})
	b, _ := s.login(t, "alice")
	b.s = s.sessions.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		current := session.From(r)
		current.Set("before", 1)
		store.fails.Store(true)
		_, err := authsession.SaveItem(r.Context(), current, "item", func(string) string { return "x" })
		store.fails.Store(false)
		current.Set("after", 1)
		if !errors.Is(err, session.ErrUnavailable) || current.Has("item") {
			t.Errorf("error %v; the session has the item: %v", err, current.Has("item"))
		}
	}))
	b.get("/")
	b.s = s.sessions.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		current := session.From(r)
		if current.Has("item") || !current.Has("before") || !current.Has("after") {
			t.Error("the session has the item, or lacks others")
		}
	}))
	b.get("/")
}
