package throttle_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth/throttle"
)

// TestA17CredentialStuffing: a list of 10 000 stolen passwords, tried once
// each from twenty addresses in ten minutes. Few get through, the site hears
// of it, and the real users log in meanwhile.
func TestA17CredentialStuffing(t *testing.T) {
	const accounts, sources = 10_000, 20
	const pace = 10 * time.Minute / accounts
	s := open(t, throttle.Options{})
	known := s.login(from(home), "user42")
	shared := s.login(from("198.51.100.3:1"), "user43") // an address of the attacker's, too
	passed := 0
	for i := range accounts {
		s.now = s.now.Add(pace)
		attacker := fmt.Sprintf("198.51.100.%d:1", i%sources)
		if s.Check(from(attacker), fmt.Sprint("user", i)) == nil {
			passed++
		}
		if i%1000 == 999 {
			known = s.login(from(office, known), "user42")
			shared = s.login(from("198.51.100.3:1", shared), "user43")
		}
	}
	most := sources * (50 + 300) // and one in two seconds for ten minutes
	if passed > most || passed < most-2*sources {
		t.Errorf("%d of %d attempts passed, want about %d", passed, accounts, most)
	}
	if len(s.limited) != accounts-passed {
		t.Errorf("OnLimited was called %d times for %d refusals", len(s.limited), accounts-passed)
	}
	for _, by := range s.limited {
		if by != throttle.BucketSource {
			t.Fatalf("limited by the %s", by)
		}
	}
	s.wantPass(from(office), "user44") // a stranger from elsewhere
}

// TestA17GuessingOneAccount: a day of guesses from a thousand addresses is 297
// guesses, and the real user logs in from a device that is known.
func TestA17GuessingOneAccount(t *testing.T) {
	s := open(t, throttle.Options{})
	known := s.login(from(home), "victim")
	passed := 0
	for i := range 24 * 60 * 6 {
		if s.Check(from(fmt.Sprintf("198.51.%d.%d:1", i%4, i%251)), "victim") == nil {
			passed++
		}
		s.now = s.now.Add(10 * time.Second)
	}
	if passed != 10+287 {
		t.Errorf("%d guesses passed, want 297", passed)
	}
	s.login(from(home, known), "victim")
}
