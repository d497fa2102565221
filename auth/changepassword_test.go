package auth_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/internal/hashqueue"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

const good = "a plain staple"

// TestChangePasswordEndsTheOtherSessions, and keeps this one, with a new key.
func TestChangePasswordEndsTheOtherSessions(t *testing.T) {
	s := newSite(t, nil)
	here, there := s.login(t, alice()), s.login(t, alice())
	resp := s.do(func(_ http.ResponseWriter, r *http.Request) {
		if err := s.auth.ChangePassword(r, "wonderland", good); err != nil {
			t.Error(err)
		}
		if got := auth.From(r); got.Username != "alice" || got.Password != s.users.row("1").Password {
			t.Errorf("the request has %#v", got)
		}
	}, here)
	now := sessionKey(t, resp)
	if now == here || s.whoami(t, here) != "AnonymousUser" {
		t.Error("the old key still opens the session")
	}
	if got := s.whoami(t, now); got != "alice" {
		t.Errorf("this session is %s", got)
	}
	if got := s.whoami(t, there); got != "AnonymousUser" {
		t.Errorf("the other session is still %s", got)
	}
	if got := s.users.row("1").Password; got != "meter$1$"+good {
		t.Errorf("stored is %s", got)
	}
}

// TestHashersServeChangePassword, even where the backends have their own.
func TestHashersServeChangePassword(t *testing.T) {
	users, hashers := newUsers(alice()), cheap()
	s := newSite(t, &auth.Options{
		Hashers:  hashers,
		Backends: []auth.Backend{noerror.In(auth.NewModelBackend(users, cheap()))},
	})
	key := s.login(t, alice())
	before := hashqueue.Work(hashers)
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		if err := s.auth.ChangePassword(r, "wonderland", good); err != nil {
			t.Error(err)
		}
	}, key)
	if n := hashqueue.Work(hashers) - before; n != 2 {
		t.Errorf("work %d, want 2: the old password and the new one", n)
	}
}

func TestChangePasswordThatIsRefusedChangesNothing(t *testing.T) {
	s := newSite(t, nil)
	key := s.login(t, alice())
	try := func(key, old, new string) (err error) {
		s.do(func(_ http.ResponseWriter, r *http.Request) { err = s.auth.ChangePassword(r, old, new) }, key)
		return err
	}
	if err := try(key, "wrong", good); !errors.Is(err, auth.ErrNoMatch) {
		t.Errorf("a wrong old password: error %v", err)
	}
	if err := try("", "wonderland", good); !errors.Is(err, auth.ErrNoMatch) {
		t.Errorf("an anonymous visitor: error %v", err)
	}
	for new, code := range map[string]string{
		"shrt": "password_too_short", "alice123": "password_too_similar",
		"password1": "password_too_common", "83648264826": "password_entirely_numeric",
		strings.Repeat("x", 5000): "password_too_long",
	} {
		var refused *auth.PasswordError
		if err := try(key, "wonderland", new); !errors.As(err, &refused) || refused.Problems[0].Code != code {
			t.Errorf("%.20s: error %v, want %s", new, err, code)
		} else if strings.Contains(err.Error(), new) {
			t.Errorf("error %v shows the password", err)
		}
	}
	if got := s.users.row("1").Password; got != alice().Password {
		t.Errorf("stored is %s", got)
	}
	s.users.fail(errors.New("connection refused"))
	if err := try(key, "wonderland", good); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("users are down: error %v", err)
	}
}

// TestSetPasswordCountsOnce: of many who set the password of a user whom they
// looked up at the same time, one succeeds.
func TestSetPasswordCountsOnce(t *testing.T) {
	s := newSite(t, nil)
	for range 200 {
		s.users.change("1", func(u *auth.User) { u.Password = alice().Password })
		var won atomic.Int64
		var wg sync.WaitGroup
		start := make(chan struct{})
		for _, pw := range []string{good + "1", good + "2", good + "3", good + "4"} {
			wg.Go(func() {
				<-start
				switch user, err := s.auth.SetPassword(t.Context(), alice(), pw); {
				case err == nil:
					won.Add(1)
					if user.Password != "meter$1$"+pw {
						t.Errorf("returned hash is %s", user.Password)
					}
				case !errors.Is(err, auth.ErrPasswordChanged):
					t.Error(err)
				}
			})
		}
		close(start)
		wg.Wait()
		if n := won.Load(); n != 1 {
			t.Fatalf("%d set the password, want 1", n)
		}
	}
	s.users.remove("1")
	if _, err := s.auth.SetPassword(t.Context(), alice(), good); !errors.Is(err, auth.ErrPasswordChanged) {
		t.Errorf("of a user who is gone: error %v", err)
	}
}

func TestSetPasswordWithoutUsers(t *testing.T) {
	m, err := auth.New(nil, keys, &auth.Options{
		Backends: []auth.Backend{noerror.In(auth.NewModelBackend(newUsers(), cheap()))},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.SetPassword(t.Context(), alice(), good); !errors.Is(err, auth.ErrNoUsers) {
		t.Errorf("error %v, want ErrNoUsers", err)
	}
}

func TestNoValidatorsLetEveryPasswordPass(t *testing.T) {
	s := newSite(t, &auth.Options{Validators: []password.Validator{}})
	if err := s.auth.CheckPassword(alice(), "1"); err != nil {
		t.Error(err)
	}
	if err := newSite(t, nil).auth.CheckPassword(auth.User{Email: "x@staple.example"}, "staple.e"); err == nil {
		t.Error("a password like the email address passes")
	}
}

// TestProblemsAreInTheProgramsWords: codes stay, and what a sentence has to say
// is in the parameters.
func TestProblemsAreInTheProgramsWords(t *testing.T) {
	s := newSite(t, &auth.Options{ProblemText: func(p *password.Problem) string {
		return fmt.Sprint(p.Code, " ", p.Params)
	}})
	err := s.auth.CheckPassword(auth.User{Username: "1234567"}, "1234567")
	refusal, ok := errors.AsType[*auth.PasswordError](err)
	if !ok {
		t.Fatal(err)
	}
	var got []string
	for _, p := range refusal.Problems {
		got = append(got, p.Message)
	}
	want := []string{
		"password_too_similar map[verbose_name:username]", "password_too_short map[min_length:8]",
		"password_too_common map[]", "password_entirely_numeric map[]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
