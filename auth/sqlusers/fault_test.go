package sqlusers_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// answers are the errors that say something about users. A database that
// cannot be asked must give none of them.
var answers = []error{
	auth.ErrUserNotFound, auth.ErrDenied, auth.ErrNoMatch, sqlusers.ErrUserExists, sqlusers.ErrGroupNotFound,
	sqlusers.ErrGroupExists, sqlusers.ErrPermissionNotFound, sqlusers.ErrReferenced, sqlusers.ErrInvalid,
}

// calls returns the errors of all methods that ask the database.
func calls(ctx context.Context, u *sqlusers.Users) map[string]error {
	_, byEmail := u.ByEmail(ctx, "john@example.com")
	_, updated := u.Update(ctx, "1", func(u *auth.User) { u.IsStaff = true })
	_, looked := u.Update(ctx, "1", func(*auth.User) {})
	_, created := u.CreateGroup(ctx, "authors")
	_, user := u.Create(ctx, auth.User{Username: "jane"})
	_, checked := u.CheckNew(ctx, auth.User{Username: "jane"})
	_, byID := u.ByID(ctx, "1")
	_, byName := u.ByUsername(ctx, "john")
	_, upgraded := u.UpgradePassword(ctx, "1", encoded, encoded)
	_, group := u.GroupByName(ctx, "editors")
	_, groups := u.UserGroups(ctx, "1")
	_, all := u.Permissions(ctx)
	_, own := u.UserPermissions(ctx, "1")
	_, ofGroup := u.GroupPermissions(ctx, 1)
	_, effective := u.EffectivePermissions(ctx, "1")
	_, model := u.RegisterModel(ctx, "shop", "order", "order")
	_, registered := u.RegisterPermission(ctx, "auth", "user", "add_user", "x")
	var listed, users error
	for _, err := range u.Groups(ctx) {
		listed = err
	}
	for _, err := range u.List(ctx) {
		users = err
	}
	return map[string]error{
		"Create": user, "CheckNew": checked, "ByID": byID, "ByUsername": byName, "List": users,
		"UpgradePassword": upgraded, "SetPassword": u.SetPassword(ctx, "1", encoded),
		"TouchLastLogin": u.TouchLastLogin(ctx, "1", time.Now()),
		"ByEmail":        byEmail, "Update": updated, "Update of nothing": looked,
		"SetActive": u.SetActive(ctx, "1", false), "Delete": u.Delete(ctx, "1"),
		"CreateGroup": created, "RenameGroup": u.RenameGroup(ctx, 1, "x"), "DeleteGroup": u.DeleteGroup(ctx, 1),
		"GroupByName": group, "Groups": listed, "UserGroups": groups,
		"AddToGroup": u.AddToGroup(ctx, "1", 1), "RemoveFromGroup": u.RemoveFromGroup(ctx, "1", 1),
		"GrantToUser":     u.GrantToUser(ctx, "1", "auth.add_user"),
		"RevokeFromUser":  u.RevokeFromUser(ctx, "1", "auth.add_user"),
		"GrantToGroup":    u.GrantToGroup(ctx, 1, "auth.add_user"),
		"RevokeFromGroup": u.RevokeFromGroup(ctx, 1, "auth.add_user"),
		"Permissions":     all, "UserPermissions": own, "GroupPermissions": ofGroup,
		"EffectivePermissions": effective,
		"RegisterModel":        model, "RegisterPermission": registered,
		"DeletePermission": u.DeletePermission(ctx, 1),
	}
}

// TestClosedDatabaseIsAnError: none of the methods says "no such" or "is
// taken" when it could not ask.
func TestClosedDatabaseIsAnError(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		create(t, d.Users, auth.User{Username: "john"})
		createGroup(t, d, "editors")
		done, cancel := context.WithCancel(t.Context())
		cancel()
		for name, err := range calls(done, d.Users) {
			if !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), "sqlusers: ") {
				t.Errorf("%s with a context that is done: %v", name, err)
			}
		}
		if err := d.db.Close(); err != nil {
			t.Fatal(err)
		}
		for name, err := range calls(t.Context(), d.Users) {
			if !errors.Is(err, session.ErrUnavailable) ||
				!strings.HasPrefix(err.Error(), "sqlusers: ") {
				t.Errorf("%s: %v, want session.ErrUnavailable", name, err)
			}
			for _, answer := range answers {
				if errors.Is(err, answer) {
					t.Errorf("%s: %v is an answer", name, err)
				}
			}
		}
	})
}

// TestLostTablesAreAnError: a table of permissions that is gone is not "no
// permission".
func TestLostTablesAreAnError(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		john := create(t, d.Users, auth.User{Username: "john", IsActive: true})
		d.exec(t, "DROP TABLE auth_user_groups")
		m, err := auth.New(d.Users, secrettest.Keys(key), nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := m.Permissions(t.Context(), john)
		if !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("Permissions = %q, %v", p.Names(), err)
		}
	})
}

// TestGateIs503WhenTheDatabaseFails, and lets the user through before.
func TestGateIs503WhenTheDatabaseFails(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		john := create(t, d.Users, auth.User{Username: "john", Password: encoded, IsActive: true})
		if err := d.GrantToUser(t.Context(), john.ID, "auth.add_user"); err != nil {
			t.Fatal(err)
		}
		m, err := auth.New(d.Users, secrettest.Keys(key), nil)
		if err != nil {
			t.Fatal(err)
		}
		mux := http.NewServeMux()
		mux.HandleFunc("/login", func(_ http.ResponseWriter, r *http.Request) {
			if err := m.Login(r, john); err != nil {
				t.Error(err)
			}
		})
		page := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
		mux.Handle("/add", m.RequirePerm("auth.add_user", page))
		mux.Handle("/delete", m.RequirePerm("auth.delete_user", page))
		site := noerror.In(session.New(memstore.New(), nil)).Handler(m.Handler(mux))
		send := func(path string, cookies []*http.Cookie) *http.Response {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			for _, c := range cookies {
				r.AddCookie(c)
			}
			w := httptest.NewRecorder()
			site.ServeHTTP(w, r)
			return w.Result()
		}
		cookies := send("/login", nil).Cookies()
		expect := func(when string, add, remove int) {
			t.Helper()
			if got := send("/add", cookies).StatusCode; got != add {
				t.Errorf("%s: /add is %d, want %d", when, got, add)
			}
			if got := send("/delete", cookies).StatusCode; got != remove {
				t.Errorf("%s: /delete is %d, want %d", when, got, remove)
			}
		}
		expect("granted one", http.StatusOK, http.StatusForbidden)
		if err := d.RevokeFromUser(t.Context(), john.ID, "auth.add_user"); err != nil {
			t.Fatal(err)
		}
		expect("granted none", http.StatusForbidden, http.StatusForbidden)
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if err := d.db.Close(); err != nil {
			t.Fatal(err)
		}
		expect("closed", http.StatusServiceUnavailable, http.StatusServiceUnavailable)
	})
}
