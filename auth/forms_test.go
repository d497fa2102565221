package auth_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/hashqueue"
	"github.com/jamsession/jamsession/internal/noerror"
)

// The two forms of one password: as one keyboard writes it, and as another.
const composed, decomposed = "h\u00e4rzig\u00e9", "ha\u0308rzige\u0301"

// A tally is a limiter that counts guesses, and lets so many pass.
type tally struct {
	noLimit
	checks *int
	most   int
}

var errTally = errors.New("too many guesses")

func (l tally) Check(*http.Request, auth.Attempt) error {
	if *l.checks++; *l.checks > l.most {
		return errTally
	}
	return nil
}

type noLimit struct{}

func (noLimit) Succeeded(*http.Request, auth.Attempt) {}

func (noLimit) MakeKnown(http.Header, *http.Request, auth.Attempt) {}

// TestPasswordsInBothForms: a password that was set on one keyboard is right on another, at the cost of two
// guesses. What needs one guess costs one, and a user who does not exist costs what any other does.
func TestPasswordsInBothForms(t *testing.T) {
	for _, c := range []struct {
		about, user, stored, typed string
		most                       int // guesses that the limiter lets pass
		guesses                    int
		want                       error
	}{
		{"set composed, typed decomposed", "alice", composed, decomposed, 9, 2, nil},
		{"set decomposed, typed composed", "alice", decomposed, composed, 9, 2, nil},
		{"the same form", "alice", composed, composed, 9, 1, nil},
		{"the same form, decomposed", "alice", decomposed, decomposed, 9, 1, nil},
		{"one form only, wrong", "alice", composed, "wonderland", 9, 1, auth.ErrNoMatch},
		{"two forms, wrong", "alice", composed, decomposed + "x", 9, 2, auth.ErrNoMatch},
		{"two forms, nobody", "nobody", composed, composed, 9, 2, auth.ErrNoMatch},
		{"the last guess was the first form", "alice", composed, decomposed, 1, 2, errTally},
		{"too long to look at", "alice", composed, strings.Repeat("\u00e9", 2049), 9, 1, auth.ErrNoMatch},
	} {
		t.Run(c.about, func(t *testing.T) {
			checks := 0
			hashers := cheap()
			s := newSite(t, &auth.Options{Hashers: hashers, Limiter: tally{checks: &checks, most: c.most}})
			s.users.change("1", func(u *auth.User) { u.Password = "meter$1$" + c.stored })
			before := hashqueue.Work(hashers)
			s.do(func(_ http.ResponseWriter, r *http.Request) {
				user, err := s.auth.Authenticate(r, c.user, c.typed)
				if !errors.Is(err, c.want) || (err == nil) != user.IsAuthenticated() {
					t.Errorf("user %v, error %v, want %v", user, err, c.want)
				}
			}, "")
			hashes := min(c.guesses, c.most)
			if len(c.typed) > 4096 {
				hashes = 0
			}
			if work := int(hashqueue.Work(hashers) - before); checks != c.guesses || work != hashes {
				t.Errorf("%d guesses and %d hashes, want %d and %d", checks, work, c.guesses, hashes)
			}
		})
	}
}

// TestOldPasswordInBothForms: so it is where a user enters the password again; what is stored then is the
// new one as it was typed.
func TestOldPasswordInBothForms(t *testing.T) {
	checks := 0
	s := newSite(t, &auth.Options{Limiter: tally{checks: &checks, most: 9}})
	s.users.change("1", func(u *auth.User) { u.Password = "meter$1$" + composed })
	key := s.login(t, s.users.row("1"))
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		if err := s.auth.ChangePassword(r, decomposed+"x", good); !errors.Is(err, auth.ErrNoMatch) || checks != 2 {
			t.Errorf("a wrong one: error %v after %d guesses", err, checks)
		}
		if err := s.auth.ChangePassword(r, decomposed, decomposed+good); err != nil || checks != 4 {
			t.Errorf("the right one: error %v after %d guesses", err, checks)
		}
	}, key)
	if got := s.users.row("1").Password; got != "meter$1$"+decomposed+good {
		t.Errorf("stored is %+q", got)
	}
}

// A loan is a limiter that has so many attempts to give.
type loan struct {
	early
	left int
}

func (l *loan) Check(*http.Request, auth.Attempt) error {
	if l.left == 0 {
		return errTally
	}
	l.left--
	return nil
}

func (l *loan) Succeeded(*http.Request, auth.Attempt) { l.left++ }

func (l *loan) GiveBack(*http.Request, auth.Attempt) { l.left++ }

// TestLoginInTheOtherFormCostsNothing, as any login: the first form was not a guess.
func TestLoginInTheOtherFormCostsNothing(t *testing.T) {
	l := &loan{left: 3}
	s := newSite(t, &auth.Options{Limiter: l})
	s.users.change("1", func(u *auth.User) { u.Password = "meter$1$" + composed })
	attempt := func(typed string) error {
		var err error
		s.do(func(_ http.ResponseWriter, r *http.Request) {
			var user auth.User
			if user, err = s.auth.Authenticate(r, "alice", typed); err == nil {
				err = s.auth.Login(r, user)
			}
		}, "")
		return err
	}
	for range 5 {
		if err := attempt(decomposed); err != nil || l.left != 3 {
			t.Fatalf("error %v, %d attempts are left", err, l.left)
		}
	}
	if err := attempt(decomposed + "x"); !errors.Is(err, auth.ErrNoMatch) || l.left != 1 {
		t.Errorf("a wrong one: error %v, %d attempts are left", err, l.left)
	}
}

// A marks backend keeps how its hashes would be queued.
type marks struct {
	auth.Backend
	of   any
	seen *[]any
}

func (m marks) Authenticate(ctx context.Context, _, _ string) (auth.User, error) {
	*m.seen = append(*m.seen, hashqueue.Admitted(ctx, m.of))
	return auth.User{}, auth.ErrNoMatch
}

// TestSecondFormWaitsAsASecondGuess: it does not go before the first guesses of others.
func TestSecondFormWaitsAsASecondGuess(t *testing.T) {
	hashers, seen := cheap(), []any{}
	model := noerror.In(auth.NewModelBackend(newUsers(), hashers))
	s := newSite(t, &auth.Options{Hashers: hashers, Backends: []auth.Backend{marks{model, hashers, &seen}}})
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		if _, err := s.auth.Authenticate(r, "alice", composed); !errors.Is(err, auth.ErrNoMatch) {
			t.Errorf("error %v", err)
		}
	}, "")
	if len(seen) != 2 || seen[0] == seen[1] {
		t.Errorf("%d attempts, which belong together: %t", len(seen), len(seen) == 2 && seen[0] == seen[1])
	}
}
