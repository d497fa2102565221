package auth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

// asking are users that note what they are asked.
type asking struct {
	*users
	names []string
}

func (a *asking) ByUsername(ctx context.Context, name string) (auth.User, error) {
	a.names = append(a.names, name)
	return a.users.ByUsername(ctx, name)
}

// TestUserIsLookedUpOnceForEachAttempt: before the limiter and the password,
// even for a name that nobody has.
func TestUserIsLookedUpOnceForEachAttempt(t *testing.T) {
	for _, limited := range []bool{true, false} {
		l := &limiter{}
		s := newSite(t, nil)
		store := &asking{users: s.users}
		o := &auth.Options{Hashers: cheap()}
		if limited {
			o.Limiter = l
		}
		var err error
		if s.auth, err = auth.New(store, keys, o); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"alice", "nobody", " bob "} {
			for _, pw := range []string{"wonderland", "builder"} {
				s.do(func(_ http.ResponseWriter, r *http.Request) { _, _ = s.auth.Authenticate(r, name, pw) }, "")
			}
		}
		if want := []string{"alice", "alice", "nobody", "nobody", "bob", "bob"}; !slices.Equal(store.names, want) {
			t.Errorf("limited %t: asked for %q, want %q", limited, store.names, want)
		}
		if !limited {
			continue
		}
		s.users.fail(errors.New("connection refused"))
		l.calls = nil
		s.do(func(_ http.ResponseWriter, r *http.Request) {
			if _, err := s.auth.Authenticate(r, "alice", "wonderland"); !errors.Is(err, session.ErrUnavailable) || len(l.calls) > 0 {
				t.Errorf("users are down: %v, calls %q", err, l.calls)
			}
		}, "")
	}
}

// early is a limiter that refuses before anybody is looked up.
type early struct {
	limiter
	refuses error
}

func (*early) SourceOf(*http.Request) string        { return "" }
func (e *early) Refuse(*http.Request) error         { return e.refuses }
func (*early) GiveBack(*http.Request, auth.Attempt) {}

func (*early) Mails(*http.Request) func(context.Context, string, []auth.User) error { return nil }

// TestEarlyRefusalsLookNobodyUp, and the attempt is not counted
// again.
func TestEarlyRefusalsLookNobodyUp(t *testing.T) {
	for _, refuses := range []error{errStopped{}, nil} {
		l := &early{refuses: refuses}
		s := newSite(t, nil)
		store := &asking{users: s.users}
		var err error
		if s.auth, err = auth.New(store, keys, &auth.Options{Hashers: cheap(), Limiter: l}); err != nil {
			t.Fatal(err)
		}
		s.do(func(_ http.ResponseWriter, r *http.Request) { _, err = s.auth.Authenticate(r, "alice", "x") }, "")
		if asked := len(store.names) > 0; asked != (refuses == nil) || asked != (len(l.calls) > 0) ||
			refuses != nil && !errors.Is(err, refuses) {
			t.Errorf("refused %v: error %v, asked for %q, calls %q", refuses, err, store.names, l.calls)
		}
	}
}

// byEmail is a backend that wraps a ModelBackend, and asks it for another
// name.
type byEmail struct {
	auth.ModelBackend
	names map[string]string
}

func (byEmail) Name() string { return "email" }

func (b byEmail) Authenticate(ctx context.Context, email, password string) (auth.User, error) {
	return b.ModelBackend.Authenticate(ctx, b.names[email], password)
}

// TestBackendAroundAnotherDecides: what the inner one has found for the limiter
// is not mistaken for the user whom the outer one asks for.
func TestBackendAroundAnotherDecides(t *testing.T) {
	l := &limiter{}
	inner := newUsers(alice(), bob())
	s := newSite(t, &auth.Options{Limiter: l, Backends: []auth.Backend{
		byEmail{noerror.In(auth.NewModelBackend(inner, cheap())), map[string]string{"bob": "alice", "a@example.com": "alice"}},
	}})
	for name, want := range map[string]bool{"bob": true, "a@example.com": true, "alice": false} {
		s.do(func(_ http.ResponseWriter, r *http.Request) {
			user, err := s.auth.Authenticate(r, name, "wonderland")
			if (err == nil) != want || want && user.Username != "alice" {
				t.Errorf("%s: %v, %v", name, user, err)
			}
			if want {
				err = s.auth.Login(r, user)
				if got := l.calls[len(l.calls)-1]; err != nil || got != "known "+name+" of 1 meter$1$wonderland" {
					t.Errorf("%s: the last call is %q, %v", name, got, err)
				}
			}
		}, "")
	}
}

// TestFindOfOneBackendIsNotAnothers: the next backend does not mistake what one
// has found, and does not use, for a user of its own.
func TestFindOfOneBackendIsNotAnothers(t *testing.T) {
	other := auth.User{ID: "9", Username: "bob", Password: "meter$1$other", IsActive: true}
	s := newSite(t, &auth.Options{Limiter: &limiter{}, Backends: []auth.Backend{
		byEmail{noerror.In(auth.NewModelBackend(newUsers(other), cheap())), map[string]string{"bob": "nobody"}},
		noerror.In(auth.NewModelBackend(newUsers(bob()), cheap())),
	}})
	for pw, want := range map[string]string{"builder": "2", "other": ""} {
		s.do(func(_ http.ResponseWriter, r *http.Request) {
			if user, err := s.auth.Authenticate(r, "bob", pw); user.ID != want {
				t.Errorf("%s: user %q, %v", pw, user.ID, err)
			}
		}, "")
	}
}

// TestEachBackendIsAskedForTheUser: the time must not tell which
// of them has found somebody. The first counts.
func TestEachBackendIsAskedForTheUser(t *testing.T) {
	l := &limiter{}
	first, second := &asking{users: newUsers(alice())}, &asking{users: newUsers(auth.User{ID: "9", Username: "alice"}, bob())}
	s := newSite(t, &auth.Options{Limiter: l, Backends: []auth.Backend{
		fake{name: "sso", err: auth.ErrNoMatch},
		noerror.In(auth.NewModelBackend(first, cheap())),
		byEmail{noerror.In(auth.NewModelBackend(second, cheap())), nil},
	}})
	for name, want := range map[string]string{
		"alice": "check alice of 1 ", "bob": "check bob of 2 ", "nobody": "check nobody of nobody",
	} {
		first.names, second.names, l.calls = nil, nil, nil
		l.err = errStopped{}
		s.do(func(_ http.ResponseWriter, r *http.Request) { _, _ = s.auth.Authenticate(r, name, "x") }, "")
		if len(first.names) != 1 || len(second.names) != 1 || len(l.calls) != 1 ||
			!strings.HasPrefix(l.calls[0], want) {
			t.Errorf("%s: asked %q and %q, calls %q", name, first.names, second.names, l.calls)
		}
	}
}

// TestDeviceIsKnownByTheNewPassword: after a change of it, and after a hash was
// replaced at the login; the attempt goes back to where it was taken.
func TestDeviceIsKnownByTheNewPassword(t *testing.T) {
	l := &limiter{}
	s := newSite(t, &auth.Options{Limiter: l})
	s.users.change("1", func(u *auth.User) { u.Password = "meter$2$wonderland" }) // of another cost
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		user, err := s.auth.Authenticate(r, "alice", "wonderland")
		err = errors.Join(err, s.auth.Login(r, user), s.auth.ChangePassword(r, "wonderland", good))
		if err != nil {
			t.Error(err)
		}
	}, "")
	old, replaced, chosen := "meter$2$wonderland", "meter$1$wonderland", "meter$1$"+good
	want := []string{
		"check alice of 1 " + old, "succeeded alice of 1 " + old, "known alice of 1 " + replaced,
		"check alice of 1 " + replaced, "succeeded alice of 1 " + replaced, "known alice of 1 " + chosen,
	}
	if !slices.Equal(l.calls, want) {
		t.Errorf("calls\n%q, want\n%q", l.calls, want)
	}
}

// TestAttemptShowsNothing of the user, or of a password in the wrong field.
func TestAttemptShowsNothing(t *testing.T) {
	a := auth.Attempt{Username: "NAME-SENTINEL", User: auth.User{ID: "1", Username: "SENTINEL", Password: "HASH-SENTINEL"}}
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "attempt", a)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "attempt", &a, "more", []any{a})
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%q"} {
		for _, value := range []any{a, &a, []any{a}, map[string]auth.Attempt{"x": a}} {
			log.WriteString(fmt.Sprintf(format, value))
		}
	}
	if all := log.String() + string(text); strings.Contains(strings.ToUpper(all), "SENTINEL") || strings.Contains(all, "53454e54") {
		t.Errorf("it shows: %s", all)
	}
}
