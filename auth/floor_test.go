package auth_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

// RaiseLoginFloor makes users an [auth.FloorStore].
func (u *users) RaiseLoginFloor(_ context.Context, key string) (time.Time, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	at := time.Unix(time.Now().Unix()+1, 0)
	for id, user := range u.rows {
		if key != "" && key != fmt.Sprint(id) {
			continue
		}
		if !at.After(user.LoginFloor) {
			at = user.LoginFloor.Add(time.Second)
		}
		user.LoginFloor = at
		u.rows[id] = user
	}
	return at, u.down
}

func (u *users) LoginFloor(_ context.Context, _ string) (time.Time, error) {
	return time.Time{}, errors.New("the manager takes it from the user")
}

// end ends the sessions of a user.
func (s *site) end(t *testing.T, user auth.User) int {
	t.Helper()
	ended, err := s.auth.EndSessions(t.Context(), s.sessions, user)
	if err != nil {
		t.Fatalf("EndSessions: %v", err)
	}
	return ended
}

// floor raises a floor, and leaves the records.
func (s *site) floor(t *testing.T, user auth.User) {
	t.Helper()
	if ended, err := s.auth.EndSessions(t.Context(), nil, user); err != nil || ended != 0 {
		t.Fatalf("EndSessions without sessions: %v, %v", ended, err)
	}
}

// TestEndedSessionsAreDead: those of the user, also where no record could be
// deleted, and no others.
func TestEndedSessionsAreDead(t *testing.T) {
	s := newSite(t, nil)
	keys := []string{s.login(t, alice()), s.login(t, alice())}
	other := s.login(t, bob())
	s.floor(t, alice())
	for _, key := range keys {
		if name := s.whoami(t, key); name != "AnonymousUser" {
			t.Errorf("still %s", name)
		}
	}
	if name := s.whoami(t, other); name != "bob" {
		t.Errorf("the other user is %s", name)
	}
	if n := len(s.keys(t)); n != 1 {
		t.Errorf("%d records are left", n)
	}
}

// TestLoginAfterTheFloorLives: in the same second, as often as it is raised,
// and with a clock that goes back.
func TestLoginAfterTheFloorLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		s.users.change("1", func(u *auth.User) { u.LoginFloor = time.Now().Add(-time.Hour) })
		for round := range 5 {
			before := s.login(t, s.users.row("1"))
			s.floor(t, alice())
			after := s.login(t, s.users.row("1"))
			if old, now := s.whoami(t, before), s.whoami(t, after); old != "AnonymousUser" || now != "alice" {
				t.Errorf("round %d: the login before is %s, the one after %s", round, old, now)
			}
		}
		s.users.change("1", func(u *auth.User) { u.LoginFloor = time.Now().Add(time.Hour) }) // by another clock
		before := s.login(t, s.users.row("1"))
		s.floor(t, alice())
		after := s.login(t, s.users.row("1"))
		if old, now := s.whoami(t, before), s.whoami(t, after); old != "AnonymousUser" || now != "alice" {
			t.Errorf("with another clock: the login before is %s, the one after %s", old, now)
		}
	})
}

// TestLoginOfAUserLookedUpBeforeTheFloorIsDead: however long a hash or a second
// factor took, and whatever the clocks say.
func TestLoginOfAUserLookedUpBeforeTheFloorIsDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, nil)
		user := s.users.row("1")
		s.floor(t, alice())
		time.Sleep(time.Hour)
		if name := s.whoami(t, s.login(t, user)); name != "AnonymousUser" {
			t.Errorf("it is %s", name)
		}
		if name := s.whoami(t, s.login(t, s.users.row("1"))); name != "alice" {
			t.Errorf("looked up again it is %s", name)
		}
	})
}

// TestLoginElsewhereCountsByItsTime: a session that does not note a floor is
// judged by its time; one without a time is not believed for FloorAge, and no
// longer, also if the floor's clock was wrong.
func TestLoginElsewhereCountsByItsTime(t *testing.T) {
	const age = 10 * 24 * time.Hour
	second := func(d time.Duration) any { return time.Now().Add(d).Unix() }
	for _, test := range []struct {
		name string
		time func() any    // of the login; nil: none
		old  time.Duration // how long ago the floor was raised
		want string
	}{
		{"Django's, at once", nil, 0, "AnonymousUser"},
		{"Django's, almost lapsed", nil, age - time.Second, "AnonymousUser"},
		{"Django's, lapsed", nil, age, "alice"},
		{"Django's, floor in the future", nil, -time.Minute, "AnonymousUser"},
		{"Django's, floor of a wrong clock", nil, -age, "alice"},
		{"before", func() any { return second(-time.Hour - time.Second) }, time.Hour, "AnonymousUser"},
		{"the same second", func() any { return second(-time.Hour) }, time.Hour, "alice"},
		{"after", func() any { return second(0) }, time.Hour, "alice"},
		{"not a number", func() any { return "now" }, time.Hour, "AnonymousUser"},
		{"long before", func() any { return second(-3 * age) }, 2 * age, "AnonymousUser"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, &auth.Options{FloorAge: age})
				key := s.login(t, alice())
				s.do(func(_ http.ResponseWriter, r *http.Request) {
					session.From(r).Delete("_login_floor", "_login_time")
					if test.time != nil {
						session.From(r).Set("_login_time", test.time())
					}
				}, key)
				if name := s.whoami(t, key); name != "alice" {
					t.Fatalf("without a floor it is %s", name)
				}
				s.users.change("1", func(u *auth.User) { u.LoginFloor = time.Now().Add(-test.old) })
				if name := s.whoami(t, key); name != test.want {
					t.Errorf("it is %s, want %s", name, test.want)
				}
			})
		})
	}
}

// TestFloorAgeIsTwoWeeks unless it is set.
func TestFloorAgeIsTwoWeeks(t *testing.T) {
	s := newSite(t, nil)
	for ago, want := range map[time.Duration]string{
		14*24*time.Hour - time.Minute: "AnonymousUser", 14*24*time.Hour + time.Minute: "alice",
	} {
		key := s.login(t, s.users.row("1"))
		s.do(func(_ http.ResponseWriter, r *http.Request) {
			session.From(r).Delete("_login_floor", "_login_time")
		}, key)
		s.users.change("1", func(u *auth.User) { u.LoginFloor = time.Now().Add(-ago) })
		if name := s.whoami(t, key); name != want {
			t.Errorf("after %v: %s, want %s", ago, name, want)
		}
	}
	if _, err := auth.New(s.users, keys, &auth.Options{FloorAge: -1}); err == nil {
		t.Error("a negative FloorAge is accepted")
	}
}

// TestEndSessionsDeletesTheRecords of the user, with any backend that is not
// another one of ours, and tells how many.
func TestEndSessionsDeletesTheRecords(t *testing.T) {
	s := newSite(t, nil)
	s.login(t, alice())
	s.login(t, alice())
	elsewhere := s.login(t, alice())
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		session.From(r).Set("_auth_user_backend", "allauth.account.auth_backends.AuthenticationBackend")
	}, elsewhere)
	other := s.login(t, bob())
	s.do(func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("cart", 1) }, "")
	s.plant(t, "damaged")
	if ended := s.end(t, alice()); ended != 3 {
		t.Errorf("ended %v", ended)
	}
	if n := len(s.keys(t)); n != 3 { // bob's, the cart's and the damaged one
		t.Errorf("%d records are left", n)
	}
	if name := s.whoami(t, other); name != "bob" {
		t.Errorf("the other user is %s", name)
	}
	if ended := s.end(t, alice()); ended != 0 {
		t.Errorf("ended again %v", ended)
	}
}

// TestEndSessionsLeavesTheRecordsOfAnotherBackend: a user of another one may
// have the same id.
func TestEndSessionsLeavesTheRecordsOfAnotherBackend(t *testing.T) {
	s := newSite(t, nil)
	var err error
	s.auth, err = auth.New(s.users, keys, &auth.Options{Hashers: cheap(), Backends: []auth.Backend{
		noerror.In(auth.NewModelBackend(s.users, cheap())), fake{name: "ldap", user: auth.User{ID: "1", Username: "walter"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	model := alice()
	model.Backend = "django.contrib.auth.backends.ModelBackend"
	s.login(t, model)
	key := s.login(t, auth.User{ID: "1", Username: "walter", Backend: "ldap"})
	if ended := s.end(t, model); ended != 1 {
		t.Errorf("ended %v", ended)
	}
	if name := s.whoami(t, key); name != "walter" {
		t.Errorf("the other one is %s", name)
	}
	if _, err := s.auth.EndSessions(t.Context(), s.sessions, auth.User{ID: "1", Backend: "ldap"}); !errors.Is(err, auth.ErrNoFloors) {
		t.Errorf("a backend without floors: %v", err)
	}
	if n := len(s.keys(t)); n != 1 {
		t.Errorf("%d records are left", n)
	}
	// Of all, what can be ended is, and the error says what cannot.
	model.LoginFloor = s.users.row("1").LoginFloor
	s.login(t, model)
	ended, err := s.auth.EndAllSessions(t.Context(), s.sessions)
	if !errors.Is(err, auth.ErrNoFloors) || ended != 2 {
		t.Errorf("all: %v, %v", ended, err)
	}
}

// TestEndAllSessions: of every user, and not of visitors.
func TestEndAllSessions(t *testing.T) {
	for _, records := range []bool{true, false} {
		s := newSite(t, nil)
		keys := []string{s.login(t, alice()), s.login(t, bob())}
		s.do(func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("cart", 1) }, "")
		sessions, want := s.sessions, 2
		if !records {
			sessions, want = nil, 0
		}
		if ended, err := s.auth.EndAllSessions(t.Context(), sessions); err != nil || ended != want {
			t.Errorf("ended %v, %v; want %v", ended, err, want)
		}
		for _, key := range keys {
			if name := s.whoami(t, key); name != "AnonymousUser" {
				t.Errorf("still %s", name)
			}
		}
		if n := len(s.keys(t)); n != 1 {
			t.Errorf("%d records are left", n)
		}
	}
}

// A listing store is one whose list does what a test says.
type listing struct {
	session.Store

	list func(ctx context.Context, yield func(session.Record, error) bool)
}

func (l listing) List(ctx context.Context) iter.Seq2[session.Record, error] {
	return func(yield func(session.Record, error) bool) { l.list(ctx, yield) }
}

// Delete has deleted a record that the list made up.
func (l listing) Delete(ctx context.Context, key string) error {
	if key == vectorKey {
		return nil
	}
	return l.Store.Delete(ctx, key)
}

// TestEndSessionsHasTimeForAFewRecords: with millions, or with an engine that
// cannot list, the sessions are dead all the same.
func TestEndSessionsHasTimeForAFewRecords(t *testing.T) {
	slow := func(ctx context.Context, yield func(session.Record, error) bool) {
		for ctx.Err() == nil && yield(session.Record{Key: vectorKey, Data: []byte(`{"_auth_user_id":"1"}`)}, nil) {
			time.Sleep(7 * time.Second)
		}
		yield(session.Record{}, ctx.Err())
	}
	for name, test := range map[string]struct {
		list    func(context.Context, func(session.Record, error) bool)
		records int
	}{
		"endless": {slow, 5},
		"none": {func(_ context.Context, yield func(session.Record, error) bool) {
			yield(session.Record{}, fmt.Errorf("cannot: %w", errors.ErrUnsupported))
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, nil)
				key := s.login(t, alice())
				start := time.Now()
				many := noerror.In(session.New(listing{s.store, test.list}, nil))
				ended, err := s.auth.EndSessions(t.Context(), many, alice())
				if took := time.Since(start); err != nil || ended != test.records || took > 37*time.Second {
					t.Errorf("ended %v, %v, in %v", ended, err, took)
				}
				if name := s.whoami(t, key); name != "AnonymousUser" {
					t.Errorf("still %s", name)
				}
			})
		})
	}
}

// TestEndSessionsSaysWhichStepFailed: nothing has ended if the floor was not
// raised; if only records are left, the sessions are dead.
func TestEndSessionsSaysWhichStepFailed(t *testing.T) {
	s := newSite(t, nil)
	s.login(t, alice())
	broken := noerror.In(session.New(listing{s.store, func(_ context.Context, yield func(session.Record, error) bool) {
		yield(session.Record{}, errors.New("connection refused"))
	}}, nil))
	s.users.fail(errors.New("connection refused"))
	_, err := s.auth.EndSessions(t.Context(), s.sessions, alice())
	if !errors.Is(err, session.ErrUnavailable) || len(s.keys(t)) != 1 {
		t.Errorf("users are down: %v", err)
	}
	s.users.fail(nil)
	key := s.login(t, s.users.row("1"))
	ended, err := s.auth.EndSessions(t.Context(), broken, alice())
	if err != nil || ended != 0 || !strings.Contains(s.log.String(), "connection refused") {
		t.Errorf("sessions are down: %v, %v, log %q", ended, err, s.log.String())
	}
	if name := s.whoami(t, key); name != "AnonymousUser" {
		t.Errorf("sessions are down, and it is %s", name)
	}
	if _, err := s.auth.EndSessions(t.Context(), s.sessions, auth.User{}); err == nil {
		t.Error("the anonymous user's sessions were ended")
	}
}
