package auth_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/session"
)

// writeless users can be read, and answer every write with an error. If it
// wrote is set, they have written all the same.
type writeless struct {
	*users
	wrote bool
}

var errReadOnly = errors.New("cannot execute UPDATE in a read-only transaction")

func (w writeless) UpgradePassword(ctx context.Context, id string, old, encoded string) (bool, error) {
	if w.wrote {
		_, _ = w.users.UpgradePassword(ctx, id, old, encoded)
	}
	return false, errReadOnly
}

func (w writeless) TouchLastLogin(context.Context, string, time.Time) error { return errReadOnly }

// picky takes no new password.
type picky struct{ meter }

func (picky) Encode(string) (string, error) { return "", password.ErrTooLong }

// TestRightPasswordIsGoodWithoutItsUpgrade: the user is let in with the old hash, stays logged in, and
// the log has one line, without a password or a hash.
func TestRightPasswordIsGoodWithoutItsUpgrade(t *testing.T) {
	dear := meter{1000, new(atomic.Int64)}
	long := strings.Repeat("wonderland", 8) // more than the 72 bytes of bcrypt
	bcrypt := must(password.BCrypt(4))
	for name, c := range map[string]struct {
		hashers  []password.Hasher
		password string
		users    func(*users) auth.UserStore
		stored   string // afterwards
		lines    int
	}{
		"too long for the new algorithm": {[]password.Hasher{bcrypt, dear}, long, plain, "meter$10$" + long, 1},
		"an algorithm that only reads":   {[]password.Hasher{picky{dear}}, "pw", plain, "meter$10$pw", 1},
		"users that are read-only":       {[]password.Hasher{dear}, "pw", unwritable(false), "meter$10$pw", 2},
		"an error, and it was done":      {[]password.Hasher{dear}, "pw", unwritable(true), "meter$1000$pw", 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, nil)
			s.users.change("1", func(u *auth.User) { u.Password = "meter$10$" + c.password })
			var err error
			s.auth, err = auth.New(c.users(s.users), keys, &auth.Options{
				Hashers: must(password.New(&password.Options{Hashers: c.hashers})), Logger: s.logger(),
			})
			if err != nil {
				t.Fatal(err)
			}
			resp := s.do(func(_ http.ResponseWriter, r *http.Request) {
				user, err := s.auth.Authenticate(r, "alice", c.password)
				if err == nil {
					err = s.auth.Login(r, user)
				}
				if err != nil {
					t.Error(err)
				}
			}, "")
			if stored := s.users.row("1").Password; stored != c.stored {
				t.Errorf("stored is %s, want %s", stored, c.stored)
			}
			if got := s.whoami(t, sessionKey(t, resp)); got != "alice" {
				t.Errorf("the next request is %s's", got)
			}
			log := s.log.String()
			if n := strings.Count(log, "\n"); n != c.lines || strings.Contains(log, "meter$") ||
				strings.Contains(log, c.password) || !strings.Contains(log, "user_id=1") {
				t.Errorf("%d lines in the log, want %d:\n%s", n, c.lines, log)
			}
			s.do(func(_ http.ResponseWriter, r *http.Request) {
				if _, err := s.auth.Authenticate(r, "alice", c.password+"x"); !errors.Is(err, auth.ErrNoMatch) {
					t.Errorf("another password: error %v", err)
				}
			}, "")
		})
	}
}

func plain(u *users) auth.UserStore { return u }

func unwritable(wrote bool) func(*users) auth.UserStore {
	return func(u *users) auth.UserStore { return writeless{u, wrote} }
}

// TestUpgradeThatFailsBringsNoPasswordBack: if the hash was changed meanwhile, or the user deactivated,
// the failure makes no old password good.
func TestUpgradeThatFailsBringsNoPasswordBack(t *testing.T) {
	for name, change := range map[string]func(*auth.User){
		"the password was changed":      func(u *auth.User) { u.Password = "meter$1000$new" },
		"the user was deactivated":      func(u *auth.User) { u.IsActive = false },
		"the password was made useless": func(u *auth.User) { u.Password = password.MakeUnusable() },
	} {
		t.Run(name, func(t *testing.T) {
			u := newUsers(auth.User{ID: "1", Username: "alice", Password: "meter$10$pw", IsActive: true})
			b, err := auth.NewModelBackend(meanwhile{writeless{u, false}, func() { u.change("1", change) }},
				must(password.New(&password.Options{Hashers: []password.Hasher{meter{1000, new(atomic.Int64)}}})))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.Authenticate(t.Context(), "alice", "pw"); !errors.Is(err, auth.ErrNoMatch) {
				t.Errorf("error %v", err)
			}
		})
	}
}

type meanwhile struct {
	writeless
	before func()
}

func (m meanwhile) UpgradePassword(ctx context.Context, id string, old, encoded string) (bool, error) {
	m.before()
	return m.writeless.UpgradePassword(ctx, id, old, encoded)
}

// TestUnreadableUsersRefuse: if the users cannot be read either, nothing is known of the visitor.
func TestUnreadableUsersRefuse(t *testing.T) {
	s := newSite(t, nil)
	down := errors.New("connection refused")
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		user, err := s.auth.Authenticate(r, "alice", "wonderland")
		if err != nil {
			t.Fatal(err)
		}
		s.users.fail(down)
		if err := s.auth.Login(r, user); !errors.Is(err, session.ErrUnavailable) || !errors.Is(err, down) {
			t.Errorf("Login: error %v", err)
		}
	}, "")
}
