package auth_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

// silence is a place at which users, a backend or a limiter say nothing until
// the context is done.
type silence string

func (s silence) at(ctx context.Context, place string) error {
	if string(s) != place {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

// silentUsers are users that are silent at one place.
type silentUsers struct {
	*users
	silence
}

func (u silentUsers) ByID(ctx context.Context, id string) (auth.User, error) {
	if err := u.at(ctx, "ByID"); err != nil {
		return auth.User{}, err
	}
	return u.users.ByID(ctx, id)
}

func (u silentUsers) ByUsername(ctx context.Context, name string) (auth.User, error) {
	if err := u.at(ctx, "ByUsername"); err != nil {
		return auth.User{}, err
	}
	return u.users.ByUsername(ctx, name)
}

func (u silentUsers) UpgradePassword(ctx context.Context, id string, old, new string) (bool, error) {
	if err := u.at(ctx, "UpgradePassword"); err != nil {
		return false, err
	}
	return u.users.UpgradePassword(ctx, id, old, new)
}

func (u silentUsers) TouchLastLogin(ctx context.Context, id string, at time.Time) error {
	if err := u.at(ctx, "TouchLastLogin"); err != nil {
		return err
	}
	return u.users.TouchLastLogin(ctx, id, at)
}

func (u silentUsers) EffectivePermissions(ctx context.Context, _ string) ([]string, error) {
	return nil, u.at(ctx, "EffectivePermissions")
}

func (u silentUsers) CheckNew(ctx context.Context, user auth.User) (auth.User, error) {
	return user, u.at(ctx, "CheckNew")
}

func (u silentUsers) Create(ctx context.Context, user auth.User) (auth.User, error) {
	return user, u.at(ctx, "Create")
}

// A silentBackend is not a ModelBackend.
type silentBackend struct {
	auth.ModelBackend
	silence
}

func (b silentBackend) Authenticate(ctx context.Context, username, pw string) (auth.User, error) {
	if err := b.at(ctx, "Backend.Authenticate"); err != nil {
		return auth.User{}, err
	}
	return b.ModelBackend.Authenticate(ctx, username, pw)
}

func (b silentBackend) User(ctx context.Context, id string) (auth.User, error) {
	if err := b.at(ctx, "Backend.User"); err != nil {
		return auth.User{}, err
	}
	return b.ModelBackend.User(ctx, id)
}

func (b silentBackend) RecordLogin(ctx context.Context, user auth.User, at time.Time) error {
	if err := b.at(ctx, "Backend.RecordLogin"); err != nil {
		return err
	}
	return b.ModelBackend.RecordLogin(ctx, user, at)
}

func (b silentBackend) Permissions(ctx context.Context, user auth.User) ([]string, error) {
	if err := b.at(ctx, "Backend.Permissions"); err != nil {
		return nil, err
	}
	return b.ModelBackend.Permissions(ctx, user)
}

// A silentLimiter fails as package throttle's does.
type silentLimiter struct{ silence }

func (l silentLimiter) Check(r *http.Request, _ auth.Attempt) error {
	if err := l.at(r.Context(), "Limiter.Check"); err != nil {
		return errors.Join(session.ErrUnavailable, err)
	}
	return nil
}

func (l silentLimiter) Succeeded(r *http.Request, _ auth.Attempt) {
	_ = l.at(r.Context(), "Limiter.Succeeded")
}

func (l silentLimiter) MakeKnown(_ http.Header, r *http.Request, _ auth.Attempt) {
	_ = l.at(r.Context(), "Limiter.MakeKnown")
}

// The pages on which a part can fall silent. Those that end well answer 200: a
// visitor who is logged in stays so.
var silentPages = map[string]struct {
	places []string
	status int
	page   func(*site, *http.Request) error
}{
	"login": {
		[]string{"Limiter.Check", "ByUsername", "TouchLastLogin", "Backend.Authenticate", "Backend.RecordLogin"},
		http.StatusServiceUnavailable, loginAlice,
	},
	"login with an old hash": {
		[]string{"UpgradePassword"},
		http.StatusOK,
		func(s *site, r *http.Request) error {
			s.users.change("1", func(u *auth.User) { u.Password = "meter$2$wonderland" })
			return loginAlice(s, r)
		},
	},
	"login that succeeds": {[]string{"Limiter.Succeeded"}, http.StatusOK, loginAlice},
	"login by other means": {
		[]string{"Limiter.MakeKnown"},
		http.StatusOK,
		func(s *site, r *http.Request) error { return s.auth.Login(r, alice()) },
	},
	"user": {
		[]string{"ByID", "Backend.User"},
		http.StatusServiceUnavailable,
		func(_ *site, r *http.Request) error { _, err := auth.Load(r); return err },
	},
	"permission": {
		[]string{"EffectivePermissions", "Backend.Permissions"},
		http.StatusServiceUnavailable,
		func(_ *site, r *http.Request) error { _, err := auth.LoadPermissions(r); return err },
	},
	"sign-up": {
		[]string{"Limiter.Check", "CheckNew", "Create"},
		http.StatusServiceUnavailable,
		func(s *site, r *http.Request) error {
			_, err := s.auth.SignUp(r, auth.User{Username: "carol"}, good)
			return err
		},
	},
	"change of the password": {
		[]string{"Limiter.Check", "UpgradePassword"},
		http.StatusServiceUnavailable,
		func(s *site, r *http.Request) error { return s.auth.ChangePassword(r, "wonderland", good) },
	},
}

func loginAlice(s *site, r *http.Request) error {
	user, err := s.auth.Authenticate(r, "alice", "wonderland")
	if err == nil {
		err = s.auth.Login(r, user)
	}
	return err
}

// TestSilentUsersAre503AfterTheTimeout, and so are silent backends and
// limiters. It is five seconds unless the options say otherwise.
func TestSilentUsersAre503AfterTheTimeout(t *testing.T) {
	for name, c := range silentPages {
		for _, place := range c.places {
			for _, limit := range []time.Duration{0, 200 * time.Millisecond} {
				t.Run(name+", "+place, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s, key := silentSite(t, silence(place), limit)
						begin := time.Now()
						resp := s.do(func(_ http.ResponseWriter, r *http.Request) {
							if err := c.page(s, r); err != nil {
								session.Abort(r, err)
							}
						}, key)
						want := 5 * time.Second
						if limit > 0 {
							want = limit
						}
						if took := time.Since(begin); resp.StatusCode != c.status || took != want {
							t.Errorf("status %d after %v, want %d after %v", resp.StatusCode, took, c.status, want)
						}
					})
				})
			}
		}
	}
}

// silentSite returns a site, and the key of a session of alice.
func silentSite(t *testing.T, at silence, limit time.Duration) (*site, string) {
	t.Helper()
	s := newSite(t, nil)
	key := s.login(t, alice())
	hashers, all := cheap(), silentUsers{s.users, at}
	o := &auth.Options{
		Hashers: hashers, Limiter: silentLimiter{at}, SignUpLimiter: silentLimiter{at}, Timeout: limit,
	}
	model := noerror.In(auth.NewModelBackend(all, hashers))
	o.Backends = []auth.Backend{model}
	if len(at) > len("Backend") && at[:len("Backend")] == "Backend" {
		o.Backends = []auth.Backend{silentBackend{model, at}}
	}
	var err error
	if s.auth, err = auth.New(all, keys, o); err != nil {
		t.Fatal(err)
	}
	return s, key
}

// slowHash takes so long that no limit of a question may count it.
type slowHash struct{ meter }

func (h slowHash) Verify(pw, encoded string) (bool, error) {
	time.Sleep(time.Minute)
	return h.meter.Verify(pw, encoded)
}

// TestTimeoutDoesNotCountTheHash of a ModelBackend.
func TestTimeoutDoesNotCountTheHash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hashers := must(password.New(&password.Options{Hashers: []password.Hasher{
			slowHash{cheapMeter()},
		}}))
		s := newSite(t, &auth.Options{Hashers: hashers})
		s.do(func(_ http.ResponseWriter, r *http.Request) {
			if err := loginAlice(s, r); err != nil {
				t.Errorf("login: %v", err)
			}
		}, "")
	})
}

func TestNegativeTimeoutIsRefused(t *testing.T) {
	if _, err := auth.New(newUsers(), keys, &auth.Options{Timeout: -1}); err == nil {
		t.Error("no error")
	}
}
