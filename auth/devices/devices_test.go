package devices_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth/devices"
)

// TestEndedDeviceIsOut: at its next request, on every engine, and a copy of its cookie, too.
func TestEndedDeviceIsOut(t *testing.T) {
	forEachTable(t, func(t *testing.T, e engine, o devices.Options) {
		s := newSite(t, e, o)
		here, own := s.login(t, "alice")
		there, id := s.login(t, "alice")
		thief := there.copy()
		if text := here.get("/end/" + id); text != "ended" {
			t.Fatalf("end: %s", text)
		}
		thief.is(t, "")
		there.is(t, "")
		thief.is(t, "")
		here.is(t, "alice")
		if list := here.get("/list"); !strings.HasPrefix(list, own+" ") || strings.Contains(list, "\n") {
			t.Errorf("the list is %s", list)
		}
		if there.get("/login/alice"); there.Code != http.StatusOK {
			t.Errorf("cannot log in again: %d", there.Code)
		}
		there.is(t, "alice")
	})
}

// TestEndOthers leaves the visitor's own login alone, also where other requests of the
// visitor are on their way, and ends all others.
func TestEndOthers(t *testing.T) {
	forEachTable(t, func(t *testing.T, e engine, o devices.Options) {
		s := newSite(t, e, o)
		here, _ := s.login(t, "alice")
		var others []*browser
		for range 3 {
			b, _ := s.login(t, "alice")
			others = append(others, b)
		}
		bob, _ := s.login(t, "bob")
		stale := here.copy() // with signed cookies, the one from before
		if text := here.get("/others"); text != "3" {
			t.Fatalf("%s devices were ended", text)
		}
		for _, b := range others {
			b.is(t, "")
		}
		stale.is(t, "alice")
		here.is(t, "alice")
		bob.is(t, "bob")
		again, _ := s.login(t, "alice")
		again.is(t, "alice")
	})
}

// TestNobodyTouchesDevicesOfOthers, whatever id they know.
func TestNobodyTouchesDevicesOfOthers(t *testing.T) {
	forEachTable(t, func(t *testing.T, e engine, o devices.Options) {
		s := newSite(t, e, o)
		alice, id := s.login(t, "alice")
		bob, _ := s.login(t, "bob")
		anonymous := s.browser(t)
		for _, b := range []*browser{bob, anonymous} {
			for _, path := range []string{"/end/" + id, "/rename/" + id + "/mine"} {
				if b.get(path); b.Code == http.StatusOK {
					t.Errorf("%s: %d", path, b.Code)
				}
			}
			if list := b.get("/list"); strings.Contains("\n"+list, "\n"+id+" ") {
				t.Errorf("the list has %s", list)
			}
		}
		if text := anonymous.get("/others"); anonymous.Code == http.StatusOK {
			t.Errorf("others of nobody: %s", text)
		}
		alice.is(t, "alice")
	})
}

// TestEndedCookieTouchesNoDevice: a thief who was put out neither sees nor ends, nor names, what
// the user has.
func TestEndedCookieTouchesNoDevice(t *testing.T) {
	forEachEngine(t, func(t *testing.T, e engine) {
		s := newSite(t, e, devices.Options{})
		alice, own := s.login(t, "alice")
		stolen, id := s.login(t, "alice")
		if text := alice.get("/end/" + id); text != "ended" {
			t.Fatalf("%d: %s", alice.Code, text)
		}
		for _, path := range []string{"/list", "/end/" + own, "/rename/" + own + "/mine", "/others"} {
			thief := stolen.copy()
			if text := thief.get(path); thief.Code == http.StatusOK && text != "" {
				t.Errorf("%s: %s", path, text)
			}
		}
		alice.is(t, "alice")
		if list := alice.get("/list"); !strings.HasPrefix(list, own+" Firefox") || strings.Contains(list, "\n") {
			t.Errorf("the list is %s", list)
		}
	})
}

// TestLogoutDeletesTheRow, and so does a login as somebody else.
func TestLogoutDeletesTheRow(t *testing.T) {
	forEachTable(t, func(t *testing.T, e engine, o devices.Options) {
		s := newSite(t, e, o)
		b, _ := s.login(t, "alice")
		thief := b.copy()
		if text := b.get("/logout"); text != "bye" {
			t.Fatalf("%d: %s", b.Code, text)
		}
		thief.is(t, "")
		if n := s.rows(t, "alice"); n != 0 {
			t.Errorf("%d rows are left", n)
		}
		b.get("/login/alice")
		thief = b.copy()
		b.get("/login/bob")
		b.is(t, "bob")
		thief.is(t, "")
		if n := s.rows(t, "alice"); n != 0 {
			t.Errorf("%d rows are left of the user before", n)
		}
	})
}

// TestSecondLoginKeepsTheDevice of the same user in the same session.
func TestSecondLoginKeepsTheDevice(t *testing.T) {
	s := newSite(t, inMemory, devices.Options{})
	b, id := s.login(t, "alice")
	b.get("/rename/" + id + "/Kitchen")
	b.get("/login/alice")
	if again := b.own(t); again != id {
		t.Errorf("the device was %s, and is %s", id, again)
	}
	if list := b.get("/list"); !strings.Contains(list, "Kitchen · Firefox on Linux · active now · this device password 192.0.2.0/24") {
		t.Errorf("the list is %s", list)
	}
}

// TestSecondLoginEndsTheCookie that holds the session: somebody may know it, and only its row
// can end it.
func TestSecondLoginEndsTheCookie(t *testing.T) {
	s := newSite(t, inCookies, devices.Options{})
	b, id := s.login(t, "alice")
	b.get("/rename/" + id + "/Kitchen")
	thief := b.copy()
	b.get("/login/alice")
	thief.is(t, "")
	b.is(t, "alice")
	if list := b.get("/list"); s.rows(t, "alice") != 1 || !strings.Contains(list, "Kitchen") {
		t.Errorf("the list is %s", list)
	}
}

// TestDeadCopyDoesNotEndTheLogin: a cookie from before is not good any more, and its death is
// not that of the visitor's login.
func TestDeadCopyDoesNotEndTheLogin(t *testing.T) {
	forEachTable(t, func(t *testing.T, e engine, o devices.Options) {
		s := newSite(t, e, o)
		b, _ := s.login(t, "alice")
		thief := b.copy()
		b.get("/password/alice/another")
		thief.is(t, "")
		b.is(t, "alice")
	})
}

// TestPasswordChangeDeletesTheOtherRows, and keeps the visitor's.
func TestPasswordChangeDeletesTheOtherRows(t *testing.T) {
	s := newSite(t, inMemory, devices.Options{})
	here, own := s.login(t, "alice")
	there, _ := s.login(t, "alice")
	if text := here.get("/password/alice/another"); text != "changed" {
		t.Fatalf("%d: %s", here.Code, text)
	}
	if n := s.rows(t, "alice"); n != 1 {
		t.Errorf("%d rows are left", n)
	}
	there.is(t, "")
	here.is(t, "alice")
	if id := here.own(t); id != own {
		t.Errorf("the device was %s, and is %s", own, id)
	}
}

// TestUsersWithoutLoginsHaveNoDevices: neither users who were deactivated or deleted, nor a
// user who has the ID of a deleted one.
func TestUsersWithoutLoginsHaveNoDevices(t *testing.T) {
	s := newSite(t, inMemory, devices.Options{})
	alice, _ := s.login(t, "alice")
	bob, _ := s.login(t, "bob")
	if err := s.users.SetActive(t.Context(), s.ids["alice"], false); err != nil {
		t.Fatal(err)
	}
	if err := s.users.SetActive(t.Context(), s.ids["alice"], true); err != nil {
		t.Fatal(err)
	}
	if err := s.users.Delete(t.Context(), s.ids["bob"]); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"alice", "bob"} {
		if n := s.rows(t, name); n != 0 {
			t.Errorf("%s has %d devices", name, n)
		}
	}
	alice.is(t, "")
	bob.is(t, "")
}

// TestRowOfAnotherUserIsNotAlive, even if a session has its id.
func TestRowOfAnotherUserIsNotAlive(t *testing.T) {
	for name, o := range map[string]devices.Options{"joined": {}, "apart": {Timeout: apart}} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, inMemory, o)
			b, id := s.login(t, "alice")
			if _, err := s.db.DB.Exec("UPDATE jamsession_device SET user_key = ? WHERE id = ?", s.ids["bob"], id); err != nil {
				t.Fatal(err)
			}
			b.is(t, "")
		})
	}
}
