package auth_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/internal/hashqueue"
	"github.com/jamsession/jamsession/session"
)

// signUp lets a visitor sign up in a request of its own.
func (s *site) signUp(user auth.User, pw string) (created auth.User, err error) {
	s.do(func(_ http.ResponseWriter, r *http.Request) { created, err = s.auth.SignUp(r, user, pw) }, "")
	return created, err
}

func TestSignUpMakesAUserWhoCanLogIn(t *testing.T) {
	s := newSite(t, nil)
	user, err := s.signUp(auth.User{Username: "CAROL", Email: "carol@example.com", IsActive: true}, "a plain staple")
	if err != nil || user.ID != "3" || user.Username != "carol" || user.Email != "carol@example.com" {
		t.Fatalf("%+v, error %v", user, err)
	}
	if s.users.row("3").Password != "meter$1$a plain staple" {
		t.Error("the stored password is not a hash of the hashers")
	}
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		if auth.From(r).IsAuthenticated() {
			t.Error("SignUp logs in")
		}
		if _, err := s.auth.Authenticate(r, "carol", "a plain staple"); err != nil {
			t.Error(err)
		}
		if err := s.auth.Login(r, user); err != nil {
			t.Error(err)
		}
	}, "")
}

// TestSignUpThatFailsHashesNothing: whatever is cheap to find out comes before
// the hash, and what the limiter stops before everything else.
func TestSignUpThatFailsHashesNothing(t *testing.T) {
	hashers := cheap()
	l := &limiter{}
	s := newSite(t, &auth.Options{Hashers: hashers, SignUpLimiter: l})
	for _, c := range []struct {
		name     string
		user     auth.User
		password string
		prepare  func()
		want     error
	}{
		{"taken", auth.User{Username: "Alice"}, "a plain staple", nil, auth.ErrUserExists},
		{"no name", auth.User{Username: "a b!"}, "a plain staple", nil, auth.ErrInvalidUser},
		{"store down", auth.User{Username: "carol"}, "a plain staple", func() { s.users.fail(errors.New("down")) }, session.ErrUnavailable},
		{"limited", auth.User{Username: "alice"}, "short", func() { l.err = errStopped{} }, errStopped{}},
	} {
		s.users.fail(nil)
		l.err = nil
		if c.prepare != nil {
			c.prepare()
		}
		if _, err := s.signUp(c.user, c.password); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", c.name, err, c.want)
		}
	}
	s.users.fail(nil)
	l.err = nil
	_, err := s.signUp(auth.User{Username: "carol"}, "short")
	if weak, ok := errors.AsType[*auth.PasswordError](err); !ok || weak.Problems[0].Code != "password_too_short" {
		t.Errorf("a weak password: error %v", err)
	}
	if n := hashqueue.Work(hashers); n != 0 {
		t.Errorf("the work %d", n)
	}
}

// TestSignUpCountsEachAttempt: by the limiter for sign-ups, and not by that of
// logins.
func TestSignUpCountsEachAttempt(t *testing.T) {
	logins, signUps := &limiter{}, &limiter{}
	s := newSite(t, &auth.Options{Limiter: logins, SignUpLimiter: signUps})
	for _, name := range []string{"carol", "carol", "a b!"} {
		_, _ = s.signUp(auth.User{Username: name}, "a plain staple")
	}
	if got := strings.Join(signUps.calls, ","); got != "check carol of nobody,check carol of nobody,check a b! of nobody" || len(logins.calls) > 0 {
		t.Errorf("sign-ups: %s; logins: %q", got, logins.calls)
	}
}

// TestSignUpsAtOnceMakeOneUser: two people who want one name, at the same time.
func TestSignUpsAtOnceMakeOneUser(t *testing.T) {
	for range 50 {
		s := newSite(t, nil)
		var made, taken atomic.Int64
		start := make(chan struct{})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				<-start
				switch _, err := s.signUp(auth.User{Username: "carol"}, "a plain staple"); {
				case err == nil:
					made.Add(1)
				case errors.Is(err, auth.ErrUserExists):
					taken.Add(1)
				}
			})
		}
		close(start)
		wg.Wait()
		if made.Load() != 1 || taken.Load() != 3 {
			t.Fatalf("%d were made, %d were told that the name is taken", made.Load(), taken.Load())
		}
	}
}

// TestSignUpRefusesExistingUsers: a program may pass on a user that it has read by mistake.
func TestSignUpRefusesExistingUsers(t *testing.T) {
	s := newSite(t, nil)
	for _, user := range []auth.User{{ID: "1", Username: "carol"}, {Username: "carol", Password: "meter$1$x"}} {
		if _, err := s.signUp(user, "a plain staple"); err == nil || errors.Is(err, session.ErrUnavailable) {
			t.Errorf("%+v: error %v", user, err)
		}
	}
}

// TestSignUpNeedsAStoreThatMakesUsers.
func TestSignUpNeedsAStoreThatMakesUsers(t *testing.T) {
	type readOnly struct{ auth.UserStore }
	for name, users := range map[string]auth.UserStore{"read-only": readOnly{newUsers()}, "none": nil} {
		m, err := auth.New(users, keys, &auth.Options{Backends: []auth.Backend{fake{name: "x"}}})
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.SignUp(r, auth.User{Username: "carol"}, "a plain staple"); !errors.Is(err, auth.ErrNoUsers) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// stuck is a hash that does not end before it is released.
type stuck struct {
	meter
	inside, release chan struct{}
}

func (s stuck) Encode(pw string) (string, error) {
	s.inside <- struct{}{}
	<-s.release
	return s.meter.Encode(pw)
}

// TestFullQueueIs503: wherever a hash is made, with Retry-After, by one call of
// Abort, also for a visitor who has gone. It is not a failed login, and nothing
// has changed.
func TestFullQueueIs503(t *testing.T) {
	hasher := stuck{meter{1, new(atomic.Int64)}, make(chan struct{}), make(chan struct{})}
	hashers := must(password.New(&password.Options{
		Hashers: []password.Hasher{hasher}, Parallel: 1, Queue: -1, Logger: slog.New(slog.DiscardHandler),
	}))
	s := newSite(t, &auth.Options{
		Hashers:       hashers,
		OnLoginFailed: func(*http.Request, map[string]string) { t.Error("a failed login") },
	})
	key := s.login(t, alice())
	go func() { _ = hashers.Burn(context.WithoutCancel(t.Context()), "x") }()
	<-hasher.inside
	defer close(hasher.release)
	for name, try := range map[string]func(r *http.Request) error{
		"login":        func(r *http.Request) error { _, err := s.auth.Authenticate(r, "alice", "wonderland"); return err },
		"unknown name": func(r *http.Request) error { _, err := s.auth.Authenticate(r, "nobody", "x"); return err },
		"old password": func(r *http.Request) error { return s.auth.ChangePassword(r, "wonderland", "a plain staple") },
		"new password": func(r *http.Request) error {
			_, err := s.auth.SetPassword(r.Context(), alice(), "a plain staple")
			return err
		},
		"sign-up": func(r *http.Request) error {
			_, err := s.auth.SignUp(r, auth.User{Username: "carol"}, "a plain staple")
			return err
		},
	} {
		for _, gone := range []bool{false, true} {
			var err error
			resp := s.do(func(_ http.ResponseWriter, r *http.Request) {
				auth.From(r)
				ctx, leave := context.WithCancel(r.Context())
				defer leave()
				if gone {
					leave()
				}
				err = try(r.WithContext(ctx))
				session.Abort(r, err)
			}, key)
			if !errors.Is(err, password.ErrBusy) || !errors.Is(err, session.ErrUnavailable) || errors.Is(err, auth.ErrNoMatch) {
				t.Errorf("%s, gone is %t: error %v", name, gone, err)
			}
			if resp.StatusCode != 503 || resp.Header.Get("Retry-After") != "1" || resp.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s, gone is %t: %d, %v", name, gone, resp.StatusCode, resp.Header)
			}
		}
	}
	if s.users.row("1").Password != alice().Password || s.users.row("3").ID != "" {
		t.Error("something was stored")
	}
	if s.log.Len() > 0 {
		t.Errorf("logged: %s", s.log)
	}
}

// sourced is a limiter that knows where requests come from.
type sourced struct{ *limiter }

func (sourced) SourceOf(r *http.Request) string { return r.Header.Get("From") }

func (sourced) Refuse(*http.Request) error { return nil }

func (sourced) GiveBack(*http.Request, auth.Attempt) {}

func (sourced) Mails(*http.Request) func(context.Context, string, []auth.User) error { return nil }

// TestSourcesTakeTurnsAtTheHash: at a login, a sign-up and a new password, so
// few attempts from one address wait that others have a place.
func TestSourcesTakeTurnsAtTheHash(t *testing.T) {
	for name, try := range map[string]func(s *site, r *http.Request) error{
		"login": func(s *site, r *http.Request) error {
			_, err := s.auth.Authenticate(r, "alice", "wonderland")
			return err
		},
		"sign-up": func(s *site, r *http.Request) error {
			_, err := s.auth.SignUp(r, auth.User{Username: "carol"}, "a plain staple")
			return err
		},
		"new password": func(s *site, r *http.Request) error {
			_, err := s.auth.SetPassword(r.Context(), alice(), "a plain staple")
			return err
		},
		"old password": func(s *site, r *http.Request) error {
			auth.From(r)
			return s.auth.ChangePassword(r, "wonderland", "a plain staple")
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hasher := stuck{meter{1, new(atomic.Int64)}, make(chan struct{}, 100), make(chan struct{})}
				s := newSite(t, &auth.Options{
					Limiter: sourced{&limiter{}},
					Hashers: must(password.New(&password.Options{
						Hashers: []password.Hasher{hasher}, Parallel: 1, Queue: 2, Wait: time.Minute,
						Logger: slog.New(slog.DiscardHandler),
					})),
				})
				key := s.login(t, alice())
				var requests sync.WaitGroup
				defer requests.Wait()
				come := func(from string, try func(s *site, r *http.Request) error) chan error {
					got := make(chan error, 1)
					r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
					r.Header.Set("From", from)
					requests.Go(func() {
						s.send(func(_ http.ResponseWriter, r *http.Request) { got <- try(s, r) }, key, r)
					})
					synctest.Wait()
					return got
				}
				guess := func(s *site, r *http.Request) error { _, err := s.auth.Authenticate(r, "nobody", "x"); return err }
				var evil []chan error
				for range 4 {
					evil = append(evil, come("evil", guess))
				}
				honest := come("home", try)
				for i, want := range []int{0, 0, 1, 1} {
					if len(evil[i]) != want {
						t.Errorf("attempt %d of the attacker: %d answers, want %d", i, len(evil[i]), want)
					}
				}
				close(hasher.release)
				if err := <-honest; err != nil {
					t.Error(err)
				}
			})
		})
	}
}
