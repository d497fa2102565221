package throttle_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/throttle"
)

// newPassword gives the user of a name a new password.
func (s *site) newPassword(name, password string) {
	if s.passwords == nil {
		s.passwords = make(map[string]string)
	}
	s.passwords[name] = password
	s.NewPassword(s.Context(), s.attempt(name))
}

// TestNewPasswordOpensTheAccount, for as many attempts as it holds, whoever has
// used up the others; a login gives back what it took there, and no guess.
func TestNewPasswordOpensTheAccount(t *testing.T) {
	s := open(t, throttle.Options{PerSource: throttle.Limit{Burst: 1000, Every: time.Second}})
	s.exhaust("ann")
	s.newPassword("ann", "new")
	for range 30 {
		s.login(from(home), "ann")
	}
	for range 10 {
		s.wantPass(from(evil), "ann")
	}
	s.wantLimited(from(evil), "ann", throttle.BucketAccount, 5*time.Minute)
	s.newPassword("ann", "newer")
	s.wantPass(from(home), "ann")
	s.now = s.now.Add(50 * time.Minute) // the account has all attempts again, and no more
	s.exhaust("ann")
	if keys := throttle.Keys(s.memory); len(keys) > 50 {
		t.Errorf("%d buckets", len(keys))
	}
}

// TestNewPasswordGivesBackWhatWasUsed, and no more: the user has as many attempts
// afterwards as if there had been none before, and logins cost nothing.
func TestNewPasswordGivesBackWhatWasUsed(t *testing.T) {
	for used := range 11 {
		s := open(t, throttle.Options{PerSource: throttle.Limit{Burst: 1000, Every: time.Second}})
		for range used {
			s.wantPass(from(evil), "ann")
		}
		s.newPassword("ann", "new")
		for range 20 {
			s.login(from(home), "ann")
		}
		passed := 0
		for s.Check(from(evil), "ann") == nil {
			if passed++; passed > 50 {
				t.Fatal("no limit")
			}
		}
		if passed != 10 {
			t.Errorf("%d attempts after %d before, want 10", passed, used)
		}
		for range 20 {
			s.now = s.now.Add(149 * time.Second)
			if s.Check(from(evil), "ann") == nil {
				passed++
			}
		}
		if want := 10 + 20*149/300; passed != want {
			t.Errorf("%d attempts in 50 minutes after %d, want %d", passed, used, want)
		}
	}
}

// TestNamesakesNewPasswordBuysNoGuesses: spellings share an account, but not the
// attempts after a new password.
func TestNamesakesNewPasswordBuysNoGuesses(t *testing.T) {
	s := open(t, throttle.Options{PerSource: throttle.Limit{Burst: 10_000, Every: time.Second}})
	s.exhaust("admin")
	for i, namesake := range []string{"Admin", "ADMIN", "ädmin", "admin\u200b"} {
		s.newPassword(namesake, strings.Repeat("new", i+1))
		s.login(from(evil), namesake)
		s.wantLimited(from(evil), "admin", throttle.BucketAccount, 5*time.Minute)
		s.wantPass(from(evil), namesake)
		s.wantLimited(from(evil), "admin", throttle.BucketAccount, 5*time.Minute)
	}
	s.newPassword("admin", "old")
	s.wantPass(from(evil), "admin")
	s.passwords["admin"] = "another" // by somebody who tells nobody
	s.wantLimited(from(evil), "admin", throttle.BucketAccount, 5*time.Minute)
}

// TestNewPasswordRefillsTheDevice on which its user has used up the attempts on
// the old one, also if it was set elsewhere; a login alone refills nothing.
func TestNewPasswordRefillsTheDevice(t *testing.T) {
	s := open(t, throttle.Options{})
	known := s.login(from(home), "ann")
	for range 10 {
		s.wantPass(from(home, known), "ann")
	}
	s.wantLimited(from(home, known), "ann", throttle.BucketDevice, 5*time.Minute)
	w := httptest.NewRecorder()
	s.MakeKnown(w.Header(), from(home, known), "ann")
	known = w.Result().Cookies()[0]
	s.wantLimited(from(home, known), "ann", throttle.BucketDevice, 5*time.Minute)

	s.exhaust("ann")
	s.newPassword("ann", "new")
	known = s.login(from(home, known), "ann") // as a stranger
	for range 10 {
		s.wantPass(from(home, known), "ann")
	}
	w = httptest.NewRecorder()
	s.MakeKnown(w.Header(), from(home, known), "ann")
	s.wantLimited(from(home, w.Result().Cookies()...), "ann", throttle.BucketDevice, 5*time.Minute)
}

// TestNewPasswordOpensTheDevicesSource: guesses on the known device have used up
// the attempts of known devices at its address, too. The new password is for this
// user only.
func TestNewPasswordOpensTheDevicesSource(t *testing.T) {
	s := open(t, throttle.Options{PerSource: throttle.Limit{Burst: 5, Every: time.Hour}})
	ann, bob := s.login(from(office), "ann"), s.login(from(office), "bob")
	for range 5 {
		s.wantPass(from(home, ann), "ann")
	}
	s.newPassword("ann", "new")
	if err := s.Check(from(home, bob), "bob"); throttle.BucketOf(err) != throttle.BucketDeviceSource {
		t.Errorf("somebody else: %v", err)
	}
	w := httptest.NewRecorder()
	s.MakeKnown(w.Header(), from(home, ann), "ann")
	ann = w.Result().Cookies()[0]
	for range 10 {
		s.wantPass(from(home, ann), "ann")
	}
	s.wantLimited(from(home, ann), "ann", throttle.BucketDevice, 5*time.Minute)
	if err := s.Check(from(home, bob), "bob"); throttle.BucketOf(err) != throttle.BucketDeviceSource {
		t.Errorf("somebody else: %v", err)
	}
}

// TestNewPasswordOfANameWithoutALookup: requests of reset mails are counted by
// the name alone, and mails by the address.
func TestNewPasswordOfANameWithoutALookup(t *testing.T) {
	s := open(t, throttle.Options{Purpose: "password reset", PerAccount: throttle.Limit{Burst: 2, Every: time.Hour}})
	ask := func(name string) error { return s.Limiter.Check(from(home), auth.Attempt{Username: name}) }
	mail := func(address string) error {
		return s.Mails(from(home))(t.Context(), address, []auth.User{{ID: "1", Email: address}})
	}
	for range 2 {
		if ask("ann") != nil || ask("ann@example.com") != nil || mail("ann@example.com") != nil {
			t.Fatal("refused too early")
		}
	}
	user := auth.User{ID: "1", Username: "ann", Password: "new", Email: "ann@example.com"}
	s.NewPassword(t.Context(), auth.Attempt{Username: "ANN", User: user})
	if ask("ann") == nil || mail("ann@example.com") == nil {
		t.Error("a namesake's new password counts")
	}
	s.NewPassword(t.Context(), auth.Attempt{Username: "ann", User: user})
	if ask("ann") != nil || ask("ann@example.com") == nil || mail("ann@example.com") == nil {
		t.Error("the new password of a name counts for its address, or not for itself")
	}
	s.NewPassword(t.Context(), auth.Attempt{Username: "ann@example.com", User: user})
	if ask("ann@example.com") != nil || mail("ann@example.com") != nil || mail("ann@example.com") != nil {
		t.Error("the link from a mailbox does not count for it")
	}
	if mail("ann@example.com") == nil {
		t.Error("the mailbox has no limit")
	}
}

// TestNameThatIsAnAddressBringsItNoMails: anybody can sign up with somebody else's address
// for a name, and reset the password of this account by a mail to themselves.
func TestNameThatIsAnAddressBringsItNoMails(t *testing.T) {
	s := open(t, throttle.Options{Purpose: "password reset", PerAccount: throttle.Limit{Burst: 2, Every: time.Hour}})
	const address = "victim@example.com"
	mail := func() error { return s.Mails(from(home))(t.Context(), address, []auth.User{{ID: "2", Email: address}}) }
	for range 2 {
		if err := mail(); err != nil {
			t.Fatal(err)
		}
	}
	user := auth.User{ID: "1", Username: address, Password: "new", Email: "eve@example.com"}
	for range 2 {
		s.NewPassword(t.Context(), auth.Attempt{Username: user.Username, User: user})
		s.NewPassword(t.Context(), auth.Attempt{Username: user.Email, User: user})
		if mail() == nil {
			t.Error("the mailbox of somebody else has more mails")
		}
	}
}

// TestNewPasswordElsewhereCountsForNobody: of another limiter on the same store.
func TestNewPasswordElsewhereCountsForNobody(t *testing.T) {
	s := open(t, throttle.Options{})
	other, err := throttle.NewAt(func() time.Time { return s.now }, s.memory, keys, &throttle.Options{Purpose: "other"})
	if err != nil {
		t.Fatal(err)
	}
	s.exhaust("ann")
	other.NewPassword(t.Context(), s.attempt("ann"))
	s.wantLimited(from(home), "ann", throttle.BucketAccount, 5*time.Minute)
}

// plain is a store that is not a Ledger.
type plain struct{ throttle.Store }

// TestPlainStoreKnowsTheDeviceOnly: a store of a program's own need not be a
// Ledger.
func TestPlainStoreKnowsTheDeviceOnly(t *testing.T) {
	s := open(t, throttle.Options{})
	l, err := throttle.NewAt(func() time.Time { return s.now }, plain{s.memory}, keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Limiter = l
	for range 10 {
		s.wantPass(from(home), "ann")
	}
	s.newPassword("ann", "new")
	if err := s.Check(from(home), "ann"); err == nil {
		t.Error("a stranger passes")
	}
	w := httptest.NewRecorder()
	s.MakeKnown(w.Header(), from(home, &http.Cookie{Name: "x"}), "ann")
	s.wantPass(from(home, w.Result().Cookies()...), "ann")
}

// TestRefusalsTakeTheSameTimeForAll: as many questions to the store for a name
// that nobody has.
func TestRefusalsTakeTheSameTimeForAll(t *testing.T) {
	s := open(t, throttle.Options{})
	counted := &counting{Ledger: s.memory.(throttle.Ledger)}
	l, err := throttle.NewAt(func() time.Time { return s.now }, counted, keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	var calls []int
	for _, a := range []auth.Attempt{s.attempt("ann"), {Username: "nobody"}} {
		for range 10 {
			if err := l.Check(from(home), a); err != nil {
				t.Fatal(err)
			}
		}
		counted.calls = 0
		if err := l.Check(from(home), a); err == nil {
			t.Error("no limit")
		}
		calls = append(calls, counted.calls)
	}
	if calls[0] != calls[1] || calls[0] == 0 {
		t.Errorf("calls %d", calls)
	}
}
