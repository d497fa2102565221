package devices_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/session"
)

// TestDjangosLoginsAreAdopted at their first request, with one row however often they come.
func TestDjangosLoginsAreAdopted(t *testing.T) {
	forEachTable(t, func(t *testing.T, e engine, o devices.Options) {
		s := newSite(t, e, o)
		b := s.browser(t)
		b.get("/django/alice")
		if n := s.rows(t, "alice"); n != 0 {
			t.Fatalf("%d rows before the first request", n)
		}
		for range 3 {
			b.is(t, "alice")
		}
		if n := s.rows(t, "alice"); n != 1 {
			t.Errorf("%d rows", n)
		}
		id := b.own(t)
		if list := b.get("/list"); !strings.Contains(list, " django ") {
			t.Errorf("the list is %s", list)
		}
		other, _ := s.login(t, "alice")
		other.get("/end/" + id)
		b.is(t, "")
		other.is(t, "alice")
	})
}

// TestAdoptionsAtOnceAreOne: the session has one device, which all requests are on, and no
// row of another is left. (A cookie cannot tell of the others.)
func TestAdoptionsAtOnceAreOne(t *testing.T) {
	for name, e := range map[string]engine{"memory": inMemory, "table": inTable} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, e, devices.Options{})
			for range 5 {
				b := s.browser(t)
				b.get("/django/alice")
				meet(8, func(int) {
					if code, who := b.ask("/who"); code != http.StatusOK || who != "alice" {
						t.Errorf("%d: %s", code, who)
					}
				})
				if n := s.rows(t, "alice"); n != 1 {
					t.Fatalf("%d rows", n)
				}
				b.is(t, "alice")
				b.get("/logout")
			}
		})
	}
}

// TestAdoptionMeetsTheEndOfIt: a request that adopts late does not bring back what another
// has adopted, and somebody has ended.
func TestAdoptionMeetsTheEndOfIt(t *testing.T) {
	s := newSite(t, inMemory, devices.Options{})
	for range 20 {
		b := s.browser(t)
		b.get("/django/alice")
		meet(3, func(i int) {
			if i > 0 {
				b.ask("/who")
				return
			}
			list, err := s.devices.ListUser(t.Context(), s.ids["alice"])
			if err != nil {
				t.Error(err)
			}
			for _, d := range list {
				_ = s.devices.EndDevice(t.Context(), s.ids["alice"], d.ID)
			}
		})
		who := b.get("/who")
		if n := s.rows(t, "alice"); who == "" && n != 0 || who != "" && n != 1 {
			t.Fatalf("%q with %d rows", who, n)
		}
		b.get("/logout")
		if _, err := s.devices.EndAll(t.Context(), s.ids["alice"]); err != nil {
			t.Fatal(err)
		}
		if _, err := s.db.DB.Exec("DELETE FROM jamsession_login_floor"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEndOthersEndsUnseenLogins of Django, and not the visitor's own, even if Django made it.
func TestEndOthersEndsUnseenLogins(t *testing.T) {
	forEachTable(t, func(t *testing.T, e engine, o devices.Options) {
		s := newSite(t, e, o)
		here, unseen := s.browser(t), s.browser(t)
		here.get("/django/alice")
		unseen.get("/django/alice")
		here.is(t, "alice")
		stale := here.copy()
		if text := here.get("/others"); text != "0" {
			t.Fatalf("%d: %s devices were ended", here.Code, text)
		}
		for range 2 {
			unseen.is(t, "")
			stale.is(t, "alice")
			here.is(t, "alice")
		}
		if n := s.rows(t, "alice"); n != 1 {
			t.Errorf("%d rows", n)
		}
	})
}

// TestEndOthersEndsAllThatEndsAll: the visitor who was spared is not spared the next time.
func TestEndOthersEndsAllThatEndsAll(t *testing.T) {
	s := newSite(t, inCookies, devices.Options{})
	b, _ := s.login(t, "alice")
	if text := b.get("/others"); text != "0" {
		t.Fatalf("%d: %s", b.Code, text)
	}
	b.is(t, "alice")
	stale := b.copy()
	if n, err := s.devices.EndAll(t.Context(), s.ids["alice"]); n != 1 || err != nil {
		t.Fatalf("EndAll: %d, %v", n, err)
	}
	stale.is(t, "")
	b.is(t, "")
}

// TestEndAllIsNotOnlyRows: a session whose row comes back, as from a backup of the table, is
// dead by the floor.
func TestFloorEndsDevices(t *testing.T) {
	for name, o := range map[string]devices.Options{"joined": {}, "apart": {Timeout: apart}} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, inMemory, o)
			b, _ := s.login(t, "alice")
			if _, err := s.users.RaiseLoginFloor(t.Context(), s.ids["alice"]); err != nil {
				t.Fatal(err)
			}
			b.is(t, "")
			if n := s.rows(t, "alice"); n != 0 {
				t.Errorf("%d rows are left of a login that is dead", n)
			}
		})
	}
}

// meet runs n functions that begin at the same moment.
func meet(n int, f func(i int)) {
	start := make(chan struct{})
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	group.Wait()
}

// TestLateAdoption: a request that loaded its session before another adopted it, and asks for
// its user after that was ended, is out, and leaves nothing.
func TestLateAdoption(t *testing.T) {
	byDevice := func(s *site, id string) error { return s.devices.EndDevice(t.Context(), s.ids["alice"], id) }
	onlyRow := func(s *site, id string) error { // as if the process were killed after that
		_, err := s.db.DB.Exec("DELETE FROM jamsession_device WHERE id = ?", id)
		return err
	}
	for name, c := range map[string]struct {
		end     func(s *site, id string) error
		allauth bool
	}{
		"with its session": {end: byDevice}, "alone": {end: onlyRow}, "allauth": {byDevice, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, inTable, devices.Options{AllAuth: c.allauth})
			b, who := s.browser(t), ""
			b.get("/django/alice")
			first := b.copy()
			late := b.copy()
			late.s = s.sessions.Handler(s.auth.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				session.From(r).Has("loaded")
				if err := c.end(s, first.own(t)); err != nil {
					t.Error(err)
				}
				who = auth.From(r).Username
			})))
			if late.get("/"); who != "" || s.rows(t, "alice") != 0 {
				t.Errorf("%d: the visitor is %q, with %d rows", late.Code, who, s.rows(t, "alice"))
			}
		})
	}
}

// TestLateAdoptionSparesTheRow that another request has adopted the login with, and has moved to
// another key since, which is not written yet.
func TestLateAdoptionSparesTheRow(t *testing.T) {
	for _, path := range []string{"/rotate", "/login/alice"} {
		s := newSite(t, inTable, devices.Options{})
		b := s.browser(t)
		b.get("/django/alice")
		first, late := b.copy(), b.copy()
		late.s = s.sessions.Handler(s.auth.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			session.From(r).Has("loaded")
			first.is(t, "alice")
			s.devices.Flush()
			s.exec(t, "CREATE TRIGGER late BEFORE UPDATE OF sealed ON jamsession_device "+
				"BEGIN SELECT RAISE(ABORT, 'not yet'); END")
			first.get(path)
			if _, err := auth.Load(r); !errors.Is(err, session.ErrInterrupted) {
				t.Errorf("the late request: %v", err)
			}
		})))
		late.get("/")
		first.is(t, "alice")
		if n := s.rows(t, "alice"); n != 1 {
			t.Errorf("%s: %d rows", path, n)
		}
	}
}

// TestEndOthersSparesRequestsMeanwhile: another request of the visitor sees the floor first.
func TestEndOthersSparesRequestsMeanwhile(t *testing.T) {
	s := newSite(t, inMemory, devices.Options{Timeout: apart})
	b, _ := s.login(t, "alice")
	tab := b.copy()
	s.raised = func() { tab.is(t, "alice") }
	if b.get("/others"); b.Code != http.StatusOK {
		t.Errorf("EndOthers: %d", b.Code)
	}
	b.is(t, "alice")
}

// TestEndOfAllMeetsEndOthers: a visitor who ends all other devices meanwhile is not spared.
func TestEndOfAllMeetsEndOthers(t *testing.T) {
	for name, end := range map[string]func(s *site) error{
		"user": func(s *site) error {
			_, err := s.auth.EndSessions(t.Context(), nil, auth.User{ID: s.ids["alice"]})
			return err
		},
		"everybody": func(s *site) error {
			_, err := s.auth.EndAllSessions(t.Context(), nil)
			return err
		},
		"device": func(s *site) error {
			_, err := s.devices.EndAll(t.Context(), s.ids["alice"])
			return err
		},
	} {
		for _, allauth := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, allauth %v", name, allauth), func(t *testing.T) {
				s := newSite(t, inMemory, devices.Options{Timeout: apart, AllAuth: allauth})
				b, _ := s.login(t, "alice")
				s.raising = func() {
					s.raising = nil
					if err := end(s); err != nil {
						t.Error(err)
					}
				}
				b.get("/others")
				b.is(t, "")
				if n := s.rows(t, "alice"); n != 0 {
					t.Errorf("%d rows", n)
				}
			})
		}
	}
}
