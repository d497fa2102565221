package attacks

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/jamsession/jamsession/auth"
)

const newPassword = "another-" + password

// guess sends wrong passwords, of which so many must pass.
func (v *visitor) guess(name string, n, pass int) {
	v.t.Helper()
	passed := 0
	for range n {
		if v.post("/login", "username", name, "password", "guess") == http.StatusUnauthorized {
			passed++
		}
	}
	if passed != pass {
		v.t.Errorf("%d of %d guesses at %s passed, want %d", passed, n, name, pass)
	}
}

// opens logs in with a password, which must succeed.
func (v *visitor) opens(name, password string) {
	v.t.Helper()
	if code := v.post("/login", "username", name, "password", password); code != http.StatusSeeOther {
		v.t.Errorf("%s cannot log in: %d", name, code)
	}
	v.post("/logout")
}

// TestResetOpensTheAccount: who has forgotten the password has made too many
// guesses before the reset. Then the new password is right, in the browser that
// opened the link and in any other, known before or not.
func TestResetOpensTheAccount(t *testing.T) {
	for name, known := range map[string]bool{"a known device": true, "a stranger's": false} {
		t.Run(name, func(t *testing.T) {
			s := open(t, nil)
			v, phone := s.visitor(t), s.visitor(t)
			if known {
				v.opens("alice", password)
				phone.opens("alice", password)
				phone.guess("alice", 11, 10)
			}
			v.guess("alice", 11, 10)
			v.opensResetLink()
			v.finishesReset()
			v.opens("alice", newPassword)
			s.visitor(t).opens("alice", newPassword)
			phone.opens("alice", newPassword)
			phone.guess("alice", 5, 5)
		})
	}
}

// TestResetOpensTheAccountUnderAttack: strangers who go on guessing take the
// attempts that the reset gives, but not those of the browser that opened the
// link.
func TestResetOpensTheAccountUnderAttack(t *testing.T) {
	s := open(t, map[string]string{"LOGIN_LIMIT_SOURCE": "100/1"})
	v, stranger := s.visitor(t), s.visitor(t)
	stranger.guess("alice", 15, 10)
	v.opensResetLink()
	stranger.guess("alice", 3, 0) // a link that was opened proves nothing yet
	v.finishesReset()
	stranger.guess("alice", 15, 10)
	v.opens("alice", newPassword)
	stranger.guess("alice", 3, 0)
	v.opens("alice", newPassword)
}

// TestResetOpensTheAccountFromABusyAddress: others have used up the attempts of
// strangers there.
func TestResetOpensTheAccountFromABusyAddress(t *testing.T) {
	s := open(t, map[string]string{"LOGIN_LIMIT_SOURCE": "20/3600"})
	v, stranger := s.visitor(t), s.visitor(t)
	for _, name := range []string{"a", "b", "c"} {
		stranger.post("/login", "username", name, "password", "x")
	}
	stranger.guess("bob", 10, 10)
	stranger.guess("alice", 10, 7)
	v.opensResetLink()
	v.finishesReset()
	v.opens("alice", newPassword)
}

// TestA17RequestForALinkBuysNoGuesses, however often a stranger asks for one.
func TestA17RequestForALinkBuysNoGuesses(t *testing.T) {
	s := open(t, map[string]string{"LOGIN_LIMIT_SOURCE": "100/1"})
	stranger := s.visitor(t)
	stranger.guess("alice", 11, 10)
	for range 4 {
		if err := s.resets.Request(httptest.NewRequest(http.MethodPost, "/reset", nil), "alice"); err != nil {
			t.Fatal(err)
		}
		link, form := s.resetLink(t, "alice")
		stranger.do(http.MethodGet, link[:len(link)-1]+"x", nil, nil)
		stranger.post(form, "password", newPassword)
		stranger.guess("alice", 2, 0)
	}
}

// TestA17NamesakesNewPasswordBuysNoGuesses: ALICE resets and changes her own
// password between guesses at alice.
func TestA17NamesakesNewPasswordBuysNoGuesses(t *testing.T) {
	s := open(t, map[string]string{"LOGIN_LIMIT_SOURCE": "1000/1"})
	s.addNamesake(t, "ALICE")
	v, stranger := s.visitor(t), s.visitor(t)
	stranger.guess("alice", 11, 10)
	link, form := s.resetLink(t, "ALICE")
	v.do(http.MethodGet, link, nil, nil)
	if code := v.post(form, "password", newPassword); code != http.StatusOK {
		t.Fatalf("the reset: %d", code)
	}
	stranger.guess("alice", 3, 0)
	now := newPassword
	for range 3 {
		if code := v.post("/login", "username", "ALICE", "password", now); code != http.StatusSeeOther {
			t.Fatalf("ALICE cannot log in: %d", code)
		}
		if code := v.post("/password", "old", now, "new", now+"x"); code != http.StatusOK {
			t.Fatalf("ALICE cannot change her password: %d", code)
		}
		now += "x"
		v.post("/logout")
		stranger.opens("ALICE", now)
		stranger.guess("alice", 3, 0)
	}
}

// TestChangeOfThePasswordOpensTheAccount, too, and a new password that a page
// for administrators sets.
func TestChangeOfThePasswordOpensTheAccount(t *testing.T) {
	s := open(t, nil)
	v := s.visitor(t)
	v.login("alice")
	s.visitor(t).guess("alice", 11, 10)
	v.changesPassword()
	s.visitor(t).opens("alice", newPassword)

	s.visitor(t).guess("bob", 11, 10)
	bob, err := s.Users().ByUsername(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Auth.SetPassword(t.Context(), bob, newPassword); err != nil {
		t.Fatal(err)
	}
	s.visitor(t).opens("bob", newPassword)
}

// TestA17FormerOwnersDeviceIsAStranger: after a rename the browser of the former
// owner of a name has the attempts of strangers on the next owner's account.
func TestA17FormerOwnersDeviceIsAStranger(t *testing.T) {
	s := open(t, map[string]string{"LOGIN_LIMIT_SOURCE": "100/1"})
	former := s.visitor(t)
	former.opens("alice", password)
	alice, err := s.Users().ByUsername(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	hash := alice.Password // the next owner has even the same hash
	if _, err := s.Users().Update(t.Context(), alice.ID, func(u *auth.User) { u.Username = "alison" }); err != nil {
		t.Fatal(err)
	}
	next, err := s.Users().Create(t.Context(), auth.User{Username: "alice", Password: hash, IsActive: true})
	if err != nil || next.ID == alice.ID {
		t.Fatal(next.ID, err)
	}
	s.visitor(t).guess("alice", 11, 10)
	former.guess("alice", 3, 0)
	former.opens("alison", password)
}
