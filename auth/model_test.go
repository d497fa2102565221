package auth_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/internal/hashqueue"
	"github.com/jamsession/jamsession/internal/noerror"
)

// TestA14EveryFailedLoginCostsTheSameWork counts the hash work, and measures no
// time (CVE-2016-2513, CVE-2024-39329, CVE-2025-13473).
func TestA14EveryFailedLoginCostsTheSameWork(t *testing.T) {
	const fresh = 1000
	work := new(atomic.Int64)
	hashers := must(password.New(&password.Options{Hashers: []password.Hasher{meter{fresh, work}}}))
	b := noerror.In(auth.NewModelBackend(newUsers(
		auth.User{ID: "1", Username: "active", Password: "meter$1000$good", IsActive: true},
		auth.User{ID: "2", Username: "cheaper", Password: "meter$10$good", IsActive: true},
		auth.User{ID: "3", Username: "inactive", Password: "meter$1000$good"},
		auth.User{ID: "4", Username: "inactive cheaper", Password: "meter$10$good"},
		auth.User{ID: "5", Username: "unusable", Password: password.MakeUnusable(), IsActive: true},
		auth.User{ID: "6", Username: "empty", IsActive: true},
		auth.User{ID: "7", Username: "damaged", Password: "meter$x", IsActive: true},
		auth.User{ID: "8", Username: "foreign", Password: "md5$a$b", IsActive: true},
	), hashers))
	for _, login := range [][2]string{
		{"active", "wrong"},
		{"cheaper", "wrong"},
		{"inactive", "wrong"},
		{"inactive", "good"},
		{"inactive cheaper", "good"},
		{"inactive cheaper", "wrong"},
		{"unusable", "wrong"},
		{"empty", ""},
		{"empty", "wrong"},
		{"damaged", "good"},
		{"foreign", "wrong"},
		{"nobody", "wrong"},
		{"", "wrong"},
		{strings.Repeat("x", 151), "wrong"},
		{strings.Repeat("ﬁ", 1<<20), "wrong"},
		{"a\x00b", "wrong"},
		{"\xff", "wrong"},
	} {
		before := hashqueue.Work(hashers)
		_, err := b.Authenticate(t.Context(), login[0], login[1])
		if !errors.Is(err, auth.ErrNoMatch) {
			t.Errorf("%.20q with %q: error %v", login[0], login[1], err)
		}
		if got := hashqueue.Work(hashers) - before; got != fresh {
			t.Errorf("%.20q with %q: work %d, want %d", login[0], login[1], got, fresh)
		}
	}
}

func TestImpossibleNamesAreNotLookedUp(t *testing.T) {
	long := strings.Repeat("ä", 150)
	u := newUsers(auth.User{ID: "1", Username: long, Password: "meter$1$pw", IsActive: true})
	b := noerror.In(auth.NewModelBackend(u, cheap()))
	u.fail(errors.New("it was asked"))
	for _, name := range []string{"", " ", long + "x", "a\x00b", "\xff"} {
		if _, err := b.Authenticate(t.Context(), name, "pw"); !errors.Is(err, auth.ErrNoMatch) {
			t.Errorf("%.10q: error %v", name, err)
		}
	}
	u.fail(nil)
	if _, err := b.Authenticate(t.Context(), long, "pw"); err != nil {
		t.Errorf("150 characters: error %v", err)
	}
}

// TestLongNameIsRefusedWithoutWork: it is not even normalized, which would take
// seconds and many times its memory (CVE-2023-46695).
func TestLongNameIsRefusedWithoutWork(t *testing.T) {
	b := noerror.In(auth.NewModelBackend(newUsers(alice()), cheap()))
	name := strings.Repeat("ﬁ", 1<<20)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := b.Authenticate(t.Context(), name, "pw")
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<16 || !errors.Is(err, auth.ErrNoMatch) {
		t.Errorf("a name of 3 MiB takes %d bytes, error %v", n, err)
	}
}

func TestLongPasswordIsRefusedWithoutWork(t *testing.T) {
	work := new(atomic.Int64)
	b := noerror.In(auth.NewModelBackend(newUsers(alice()),
		must(password.New(&password.Options{Hashers: []password.Hasher{meter{1, work}}}))))
	for _, name := range []string{"alice", "nobody"} {
		_, err := b.Authenticate(t.Context(), name, strings.Repeat("x", 4096+1))
		if !errors.Is(err, auth.ErrNoMatch) || work.Load() != 0 {
			t.Errorf("%s: error %v, work %d", name, err, work.Load())
		}
	}
}

func TestUsernameIsReadAsDjangosFormReadsIt(t *testing.T) {
	b := noerror.In(auth.NewModelBackend(newUsers(alice()), cheap()))
	for name, ok := range map[string]bool{
		"alice": true, " alice\t": true, "ａｌｉｃｅ": true, "Alice": false, "al ice": false, "alıce": false,
	} {
		user, err := b.Authenticate(t.Context(), name, "wonderland")
		if ok && (err != nil || user.ID != "1") || !ok && !errors.Is(err, auth.ErrNoMatch) {
			t.Errorf("%q: user %v, error %v", name, user, err)
		}
	}
}

func TestLoginUpgradesAHashOfAnotherCost(t *testing.T) {
	u := newUsers(auth.User{ID: "1", Username: "alice", Password: "meter$10$pw", IsActive: true})
	hashers := func(o password.Options) *password.Hashers {
		o.Hashers = []password.Hasher{meter{1000, new(atomic.Int64)}}
		return must(password.New(&o))
	}
	if _, err := noerror.In(auth.NewModelBackend(u, hashers(password.Options{}))).
		Authenticate(t.Context(), "alice", "wrong"); err == nil || u.row("1").Password != "meter$10$pw" {
		t.Errorf("a wrong password: error %v, hash %s", err, u.row("1").Password)
	}
	if _, err := noerror.In(auth.NewModelBackend(u, hashers(password.Options{NoUpgrade: true}))).
		Authenticate(t.Context(), "alice", "pw"); err != nil || u.row("1").Password != "meter$10$pw" {
		t.Errorf("NoUpgrade: error %v, hash %s", err, u.row("1").Password)
	}
	user, err := noerror.In(auth.NewModelBackend(u, hashers(password.Options{}))).
		Authenticate(t.Context(), "alice", "pw")
	if err != nil || u.row("1").Password != "meter$1000$pw" || user.Password != "meter$1000$pw" {
		t.Errorf("error %v, stored %s, returned %s", err, u.row("1").Password, user.Password)
	}
}

// upgradeHook is users whose row changes just before an upgrade.
type upgradeHook struct {
	*users
	before func()
}

func (u *upgradeHook) UpgradePassword(ctx context.Context, id string, old, encoded string) (bool, error) {
	u.before()
	return u.users.UpgradePassword(ctx, id, old, encoded)
}

func TestUpgradeDoesNotBringAnOldPasswordBack(t *testing.T) {
	tests := []struct {
		name, meanwhile string
		active          bool
		stored          string
		ok              bool
	}{
		{"another login upgraded it", "meter$1000$pw", true, "meter$1000$pw", true},
		{"the password was changed", "meter$1000$new", true, "meter$1000$new", false},
		{"the user was disabled", "meter$1000$pw", false, "meter$1000$pw", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			u := newUsers(auth.User{ID: "1", Username: "alice", Password: "meter$10$pw", IsActive: true})
			hook := &upgradeHook{u, func() {
				u.change("1", func(user *auth.User) {
					user.Password, user.IsActive = test.meanwhile, test.active
				})
			}}
			b := noerror.In(auth.NewModelBackend(hook, must(password.New(&password.Options{
				Hashers: []password.Hasher{meter{1000, new(atomic.Int64)}},
			}))))
			user, err := b.Authenticate(t.Context(), "alice", "pw")
			if test.ok && (err != nil || user.Password != test.stored) ||
				!test.ok && !errors.Is(err, auth.ErrNoMatch) {
				t.Errorf("returned hash %s, error %v", user.Password, err)
			}
			if got := u.row("1").Password; got != test.stored {
				t.Errorf("stored hash %s, want %s", got, test.stored)
			}
		})
	}
	t.Run("the user was deleted", func(t *testing.T) {
		u := newUsers(auth.User{ID: "1", Username: "alice", Password: "meter$10$pw", IsActive: true})
		b := noerror.In(auth.NewModelBackend(&upgradeHook{u, func() { u.remove("1") }}, cheap()))
		if _, err := b.Authenticate(t.Context(), "alice", "pw"); !errors.Is(err, auth.ErrNoMatch) {
			t.Errorf("got error %v", err)
		}
	})
}

// TestLoginsAtOnceWithAnUpgradeAllStayLoggedIn: each login gets the hash that
// is stored in the end, or its session would end at the next request.
func TestLoginsAtOnceWithAnUpgradeAllStayLoggedIn(t *testing.T) {
	for range 100 {
		u := newUsers(auth.User{ID: "1", Username: "alice", Password: "meter$10$pw", IsActive: true})
		b := noerror.In(auth.NewModelBackend(u, must(password.New(&password.Options{
			Hashers: []password.Hasher{&salted{}},
		}))))
		start := make(chan struct{})
		got := make([]auth.User, 4)
		var wg sync.WaitGroup
		for i := range got {
			wg.Go(func() {
				<-start
				var err error
				if got[i], err = b.Authenticate(t.Context(), "alice", "pw"); err != nil {
					t.Error(err)
				}
			})
		}
		close(start)
		wg.Wait()
		for _, user := range got {
			if user.Password != u.row("1").Password {
				t.Fatalf("a login has the hash %s, stored is %s", user.Password, u.row("1").Password)
			}
		}
	}
}

// salted makes another string each time.
type salted struct{ n atomic.Int64 }

func (s *salted) Algorithm() string { return "meter" }

func (s *salted) Encode(pw string) (string, error) {
	return "meter$" + strings.Repeat("1", int(s.n.Add(1))) + "$" + pw, nil
}

func (s *salted) Verify(pw, encoded string) (bool, error) {
	return strings.HasSuffix(encoded, "$"+pw), nil
}

func (s *salted) MustUpdate(encoded string) bool { return strings.HasPrefix(encoded, "meter$10$") }

func (s *salted) Cost(string) (work int, memory int64) { return 1, 0 }

func TestModelBackendPassesFailuresOn(t *testing.T) {
	down := errors.New("connection refused")
	u := newUsers(alice())
	b := noerror.In(auth.NewModelBackend(u, cheap()))
	u.fail(down)
	if _, err := b.Authenticate(t.Context(), "alice", "wonderland"); !errors.Is(err, down) {
		t.Errorf("Authenticate: error %v", err)
	}
	if _, err := b.Authenticate(t.Context(), "nobody", "wonderland"); !errors.Is(err, down) {
		t.Errorf("Authenticate of nobody: error %v", err)
	}
	if _, err := b.User(t.Context(), "1"); !errors.Is(err, down) {
		t.Errorf("User: error %v", err)
	}
	if err := b.RecordLogin(t.Context(), alice(), time.Now()); !errors.Is(err, down) {
		t.Errorf("RecordLogin: error %v", err)
	}
}

func TestModelBackendUser(t *testing.T) {
	u := newUsers(alice(), auth.User{ID: "3", Username: "inactive"})
	b := noerror.In(auth.NewModelBackend(u, nil))
	if user, err := b.User(t.Context(), "1"); err != nil || user.Username != "alice" {
		t.Errorf("user %v, error %v", user, err)
	}
	for _, id := range []string{"3", "99", "abc", "", "1.0", "1 ", "0x1", "99999999999999999999"} {
		if user, err := b.User(t.Context(), id); !errors.Is(err, auth.ErrUserNotFound) || user.IsAuthenticated() {
			t.Errorf("%q: user %v, error %v", id, user, err)
		}
	}
	if got := b.Name(); got != "django.contrib.auth.backends.ModelBackend" {
		t.Errorf("Name is %q", got)
	}
}
