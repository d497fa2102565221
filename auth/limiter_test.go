package auth_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/internal/hashqueue"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

// limiter notes what it is asked, and stops attempts with err.
type limiter struct {
	calls []string
	err   error
}

func (l *limiter) Check(_ *http.Request, a auth.Attempt) error {
	l.calls = append(l.calls, "check "+l.told(a))
	return l.err
}

func (l *limiter) Succeeded(_ *http.Request, a auth.Attempt) {
	l.calls = append(l.calls, "succeeded "+l.told(a))
}

func (l *limiter) MakeKnown(header http.Header, _ *http.Request, a auth.Attempt) {
	l.calls = append(l.calls, "known "+l.told(a))
	header.Add("Set-Cookie", "device=known")
}

// told returns the name of an attempt, and its user.
func (l *limiter) told(a auth.Attempt) string {
	if !a.User.IsAuthenticated() {
		return a.Username + " of nobody"
	}
	return a.Username + " of " + a.User.ID + " " + a.User.Password
}

// errStopped answers for itself.
type errStopped struct{}

func (errStopped) Error() string { return "stopped" }

func (errStopped) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusTooManyRequests)
}

// TestLimiterStandsBeforeEachPassword: logins and changes of a password are
// counted before a hash is computed, and given back when they are right.
func TestLimiterStandsBeforeEachPassword(t *testing.T) {
	l := &limiter{}
	hashers := cheap()
	s := newSite(t, &auth.Options{Limiter: l, Hashers: hashers})
	steps := []struct {
		do   func(r *http.Request) error
		want []string
		err  error // nil: any of a limiter that lets pass
	}{
		{
			func(r *http.Request) error { _, err := s.auth.Authenticate(r, "alice", "wrong"); return err },
			[]string{"check alice of 1 meter$1$wonderland"},
			auth.ErrNoMatch,
		},
		{
			func(r *http.Request) error { _, err := s.auth.Authenticate(r, "nobody", "wrong"); return err },
			[]string{"check nobody of nobody"},
			auth.ErrNoMatch,
		},
		{
			func(r *http.Request) error {
				user, err := s.auth.Authenticate(r, "alice", "wonderland")
				return errors.Join(err, s.auth.Login(r, user))
			},
			[]string{"check alice of 1 meter$1$wonderland", "succeeded alice of 1 meter$1$wonderland", "known alice of 1 meter$1$wonderland"},
			nil,
		},
		{
			func(r *http.Request) error { return s.auth.ChangePassword(r, "wrong", good) },
			[]string{"check alice of 1 meter$1$wonderland"},
			auth.ErrNoMatch,
		},
		{
			func(r *http.Request) error { return s.auth.ChangePassword(r, "wonderland", "123") },
			[]string{"check alice of 1 meter$1$wonderland", "succeeded alice of 1 meter$1$wonderland"},
			new(auth.PasswordError),
		},
	}
	for _, stop := range []error{nil, errStopped{}} {
		l.err = stop
		for i, step := range steps {
			key := s.login(t, alice()) // which step 2 replaces
			l.calls = nil
			work := hashqueue.Work(hashers)
			var err error
			s.do(func(_ http.ResponseWriter, r *http.Request) { err = step.do(r) }, key)
			switch {
			case stop != nil:
				if !errors.Is(err, stop) || hashqueue.Work(hashers) != work || !slices.Equal(l.calls, step.want[:1]) {
					t.Errorf("stopped step %d: error %v, %d work, calls %q", i, err, hashqueue.Work(hashers)-work, l.calls)
				}
			case !slices.Equal(l.calls, step.want):
				t.Errorf("step %d: calls %q, want %q", i, l.calls, step.want)
			case step.err == nil && err != nil, step.err != nil && err == nil:
				t.Errorf("step %d: error %v, want %v", i, err, step.err)
			}
		}
	}
}

// TestLoginAsAnotherUserGivesNoAttemptBack: a visitor who knows the password
// of one account and logs in to another, as an impersonation does, has made a
// guess.
func TestLoginAsAnotherUserGivesNoAttemptBack(t *testing.T) {
	l := &limiter{}
	s := newSite(t, &auth.Options{Limiter: l})
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		if _, err := s.auth.Authenticate(r, "alice", "wonderland"); err != nil {
			t.Error(err)
		}
		if err := s.auth.Login(r, bob()); err != nil {
			t.Error(err)
		}
	}, "")
	if want := []string{"check alice of 1 meter$1$wonderland", "known bob of 2 meter$1$builder"}; !slices.Equal(l.calls, want) {
		t.Errorf("calls %q, want %q", l.calls, want)
	}
}

// TestLimiterSetsItsCookieAtTheLogin, and knows the name that was typed.
func TestLimiterSetsItsCookieAtTheLogin(t *testing.T) {
	l := &limiter{}
	s := newSite(t, &auth.Options{Limiter: l, Backends: []auth.Backend{fake{name: "email", user: alice()}}})
	resp := s.do(func(_ http.ResponseWriter, r *http.Request) {
		user, err := s.auth.Authenticate(r, "alice@example.com", "x")
		if err = errors.Join(err, s.auth.Login(r, user)); err != nil {
			t.Error(err)
		}
	}, "")
	want := []string{
		"check alice@example.com of nobody", "succeeded alice@example.com of nobody", "known alice@example.com of 1 meter$1$wonderland",
	}
	if !slices.Equal(l.calls, want) {
		t.Errorf("calls %q, want %q", l.calls, want)
	}
	if got := resp.Header.Values("Set-Cookie"); !slices.Contains(got, "device=known") || len(got) != 2 {
		t.Errorf("cookies %q", got)
	}
}

// TestEachAttemptIsGivenBackOnce: a login does not give back what the
// limiter has not counted in this request, or has given back already.
func TestEachAttemptIsGivenBackOnce(t *testing.T) {
	l := &limiter{}
	s := newSite(t, &auth.Options{Limiter: l})
	s.do(func(_ http.ResponseWriter, r *http.Request) { // by a single sign-on
		if err := s.auth.Login(r, alice()); err != nil {
			t.Error(err)
		}
	}, "")
	var user auth.User
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		var err error
		user, err = s.auth.Authenticate(r, " alice", "wonderland")
		if err = errors.Join(err, s.auth.Login(r, user), s.auth.Login(r, user)); err != nil {
			t.Error(err)
		}
	}, "")
	resp := s.do(func(_ http.ResponseWriter, r *http.Request) { // after a second factor
		if err := s.auth.Login(r, user); err != nil {
			t.Error(err)
		}
	}, "")
	want := []string{
		"known alice of 1 meter$1$wonderland", "check  alice of 1 meter$1$wonderland", "succeeded  alice of 1 meter$1$wonderland", "known  alice of 1 meter$1$wonderland",
		"known alice of 1 meter$1$wonderland", "known alice of 1 meter$1$wonderland",
	}
	if !slices.Equal(l.calls, want) {
		t.Errorf("calls %q, want %q", l.calls, want)
	}
	if got := resp.Header.Values("Set-Cookie"); !slices.Contains(got, "device=known") {
		t.Errorf("cookies %q", got)
	}
}

// curious is a limiter that asks who the visitor is.
type curious struct {
	limiter
	saw []string
}

func (c *curious) Check(r *http.Request, a auth.Attempt) error {
	c.saw = append(c.saw, fmt.Sprint(auth.From(r)))
	return c.limiter.Check(r, a)
}

func (c *curious) Succeeded(r *http.Request, a auth.Attempt) {
	c.saw = append(c.saw, fmt.Sprint(auth.From(r)))
	c.limiter.Succeeded(r, a)
}

func (c *curious) MakeKnown(header http.Header, r *http.Request, a auth.Attempt) {
	c.saw = append(c.saw, fmt.Sprint(auth.From(r)))
	c.limiter.MakeKnown(header, r, a)
}

// TestLimiterMayAskForTheUser, as of that moment, and no call waits for
// itself.
func TestLimiterMayAskForTheUser(t *testing.T) {
	l := &curious{}
	s := newSite(t, &auth.Options{Limiter: l})
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		user, err := s.auth.Authenticate(r, "alice", "wonderland")
		err = errors.Join(err, s.auth.Login(r, user), s.auth.ChangePassword(r, "wonderland", good))
		if err != nil {
			t.Error(err)
		}
	}, "")
	if want := []string{"AnonymousUser", "alice", "alice", "alice", "alice", "alice"}; !slices.Equal(l.saw, want) {
		t.Errorf("it saw %q, want %q", l.saw, want)
	}
}

// TestStoppedAttemptIs429 by one call, whatever the handler wrote.
func TestStoppedAttemptIs429(t *testing.T) {
	for err, want := range map[error]int{
		errStopped{}:                                http.StatusTooManyRequests,
		fmt.Errorf("a: %w", errStopped{}):           http.StatusTooManyRequests,
		fmt.Errorf("b: %w", session.ErrUnavailable): http.StatusServiceUnavailable,
		errors.New("c"):                             http.StatusInternalServerError,
	} {
		s := newSite(t, &auth.Options{Limiter: &limiter{err: err}})
		resp := s.do(func(_ http.ResponseWriter, r *http.Request) {
			_, err := s.auth.Authenticate(r, "alice", "wonderland")
			session.Abort(r, err)
		}, "")
		if resp.StatusCode != want {
			t.Errorf("%v: %d, want %d", err, resp.StatusCode, want)
		}
		if logged := s.log.Len() > 0; logged != (want != http.StatusTooManyRequests) {
			t.Errorf("%v: logged is %q", err, s.log)
		}
	}
}

// generous takes attempts back.
type generous struct{ *limiter }

func (generous) SourceOf(*http.Request) string { return "" }

func (generous) Refuse(*http.Request) error { return nil }

func (generous) Mails(*http.Request) func(context.Context, string, []auth.User) error { return nil }

func (g generous) GiveBack(_ *http.Request, a auth.Attempt) {
	g.calls = append(g.calls, "back "+g.told(a))
}

// refusing is a backend that says busy, perhaps after it has looked.
type refusing struct{ fake }

func (refusing) Authenticate(context.Context, string, string) (auth.User, error) {
	return auth.User{}, password.ErrBusy
}

// TestOnlyUncheckedAttemptsAreGivenBack: an attempt that a full queue refused
// is given back, but not if its visitor has gone, nor if an earlier backend, or
// one that is not ours, may have compared the password.
func TestOnlyUncheckedAttemptsAreGivenBack(t *testing.T) {
	hasher := stuck{meter{1, new(atomic.Int64)}, make(chan struct{}), make(chan struct{})}
	full := must(password.New(&password.Options{
		Hashers: []password.Hasher{hasher}, Parallel: 1, Queue: -1, Logger: slog.New(slog.DiscardHandler),
	}))
	go func() { _ = full.Burn(context.WithoutCancel(t.Context()), "x") }()
	<-hasher.inside
	defer close(hasher.release)
	ours := noerror.In(auth.NewModelBackend(newUsers(alice()), full))
	known := (&limiter{}).told(auth.Attempt{Username: "alice", User: alice()})
	for name, c := range map[string]struct {
		backends []auth.Backend
		gone     bool
		want     []string
	}{
		"full":           {[]auth.Backend{ours}, false, []string{"check " + known, "back " + known}},
		"gone":           {[]auth.Backend{ours}, true, []string{"check " + known}},
		"another before": {[]auth.Backend{fake{name: "a", err: auth.ErrNoMatch}, ours}, false, []string{"check " + known}},
		"not ours":       {[]auth.Backend{refusing{fake{name: "a"}}}, false, []string{"check alice of nobody"}},
	} {
		l := &limiter{}
		s := newSite(t, &auth.Options{Limiter: generous{l}, Backends: c.backends, Hashers: full})
		s.do(func(_ http.ResponseWriter, r *http.Request) {
			ctx, leave := context.WithCancel(r.Context())
			defer leave()
			if c.gone {
				leave()
			}
			if _, err := s.auth.Authenticate(r.WithContext(ctx), "alice", "wonderland"); !errors.Is(err, password.ErrBusy) {
				t.Errorf("%s: error %v", name, err)
			}
		}, "")
		if !slices.Equal(l.calls, c.want) {
			t.Errorf("%s: calls %q, want %q", name, l.calls, c.want)
		}
	}
}

// lifter is a limiter that learns of new passwords.
type lifter struct{ limiter }

func (l *lifter) NewPassword(_ context.Context, a auth.Attempt) {
	l.calls = append(l.calls, "new "+l.told(a))
}

// TestLimiterLearnsOfNewPasswords: of each that was stored, with the user as
// stored now, and before the browser becomes known.
func TestLimiterLearnsOfNewPasswords(t *testing.T) {
	const hash = "1 meter$1$" + good
	withMail := alice()
	withMail.Email = "alice@example.com"
	for name, c := range map[string]struct {
		do   func(s *site, r *http.Request) error
		want []string
	}{
		"SetPassword": {
			func(s *site, r *http.Request) error {
				_, err := s.auth.SetPassword(r.Context(), alice(), good)
				return err
			},
			[]string{"new alice of " + hash},
		},
		"ChangePassword": {
			func(s *site, r *http.Request) error { return s.auth.ChangePassword(r, "wonderland", good) },
			[]string{
				"check alice of 1 meter$1$wonderland", "succeeded alice of 1 meter$1$wonderland",
				"new alice of " + hash, "known alice of " + hash,
			},
		},
		"ResetPassword": {
			func(s *site, r *http.Request) error { _, err := s.auth.ResetPassword(r, withMail, good); return err },
			[]string{"new alice of " + hash, "new alice@example.com of " + hash, "known alice of " + hash},
		},
		"ResetPassword without an address": {
			func(s *site, r *http.Request) error { _, err := s.auth.ResetPassword(r, alice(), good); return err },
			[]string{"new alice of " + hash, "known alice of " + hash},
		},
		"a weak one": {
			func(s *site, r *http.Request) error {
				if _, err := s.auth.ResetPassword(r, alice(), "123"); err == nil {
					return errors.New("no error")
				}
				return nil
			},
			nil,
		},
		"one that comes too late": {
			func(s *site, r *http.Request) error {
				late := alice()
				late.Password = "meter$1$former"
				if _, err := s.auth.ResetPassword(r, late, good); !errors.Is(err, auth.ErrPasswordChanged) {
					return fmt.Errorf("error %w", err)
				}
				return nil
			},
			nil,
		},
	} {
		l := &lifter{}
		s := newSite(t, &auth.Options{Limiter: l})
		key := s.login(t, alice())
		l.calls = nil
		s.do(func(_ http.ResponseWriter, r *http.Request) {
			if err := c.do(s, r); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}, key)
		if !slices.Equal(l.calls, c.want) {
			t.Errorf("%s: calls %q, want %q", name, l.calls, c.want)
		}
	}
}

// TestResetPasswordWithoutTheHandler needs neither a limiter nor a response.
func TestResetPasswordWithoutTheHandler(t *testing.T) {
	s := newSite(t, nil)
	user, err := s.auth.ResetPassword(httptest.NewRequest(http.MethodPost, "/", nil), alice(), good)
	if err != nil || user.Password != "meter$1$"+good {
		t.Errorf("%v, %v", user.Password, err)
	}
}
