package auth_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

// granting is a Backend that answers questions for permissions.
type granting struct {
	fake

	grants []string
	failed error
	calls  *int
}

func (g granting) Permissions(context.Context, auth.User) ([]string, error) {
	if g.calls != nil {
		*g.calls++
	}
	return g.grants, g.failed
}

// permitting is the users in memory with permissions.
type permitting struct {
	*users

	mu      sync.Mutex
	granted map[string][]string
	calls   int
}

func (p *permitting) EffectivePermissions(_ context.Context, id string) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	return p.granted[id], p.down
}

func (p *permitting) asked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

// newPermitSite is a site on which alice may add and view orders.
func newPermitSite(t *testing.T) (*site, *permitting) {
	t.Helper()
	s := newSite(t, nil)
	store := &permitting{users: s.users, granted: map[string][]string{
		"1": {"shop.view_order", "shop.add_order", "shop.view_order"},
	}}
	var err error
	if s.auth, err = auth.New(store, keys, &auth.Options{Hashers: cheap()}); err != nil {
		t.Fatal(err)
	}
	return s, store
}

func TestPermissionsOfBackendsAddUp(t *testing.T) {
	down := errors.New("connection refused")
	tests := []struct {
		name     string
		backends []auth.Backend
		want     []string
		err      error
	}{
		{"none knows permissions", []auth.Backend{fake{name: "a"}}, nil, nil},
		{
			"both grant",
			[]auth.Backend{
				granting{fake: fake{name: "a"}, grants: []string{"shop.b", "shop.a"}},
				fake{name: "b"},
				granting{fake: fake{name: "c"}, grants: []string{"shop.a", "mail.c"}},
			},
			[]string{"mail.c", "shop.a", "shop.b"},
			nil,
		},
		{
			"the second denies",
			[]auth.Backend{
				granting{fake: fake{name: "a"}, grants: []string{"shop.a"}},
				granting{fake: fake{name: "b"}, grants: []string{"shop.b"}, failed: auth.ErrDenied},
				granting{fake: fake{name: "c"}, grants: []string{"shop.c"}},
			},
			[]string{"shop.a"},
			nil,
		},
		{
			"the first denies and the second is down",
			[]auth.Backend{
				granting{fake: fake{name: "a"}, failed: errors.Join(auth.ErrDenied, errors.New("why"))},
				granting{fake: fake{name: "b"}, failed: down},
			},
			nil, nil,
		},
		{
			"the second is down",
			[]auth.Backend{
				granting{fake: fake{name: "a"}, grants: []string{"shop.a"}},
				granting{fake: fake{name: "b"}, failed: down},
			},
			nil, down,
		},
		{
			"no such user is not no permission",
			[]auth.Backend{granting{fake: fake{name: "a"}, failed: auth.ErrUserNotFound}},
			nil, auth.ErrUserNotFound,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, err := auth.New(nil, keys, &auth.Options{Backends: test.backends})
			if err != nil {
				t.Fatal(err)
			}
			p, err := m.Permissions(t.Context(), alice())
			if !slices.Equal(p.Names(), test.want) || p.Has("no.such") || !errors.Is(err, test.err) ||
				errors.Is(err, session.ErrUnavailable) != (test.err != nil) {
				t.Errorf("Permissions = %q, %v; want %q, %v", p.Names(), err, test.want, test.err)
			}
		})
	}
}

func TestSomeUsersAreNotAskedAbout(t *testing.T) {
	calls := 0
	m, err := auth.New(nil, keys, &auth.Options{Backends: []auth.Backend{
		granting{fake: fake{name: "a"}, grants: []string{"shop.a"}, calls: &calls},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		user auth.User
		want bool
	}{
		"anonymous":           {auth.User{IsActive: true, IsSuperuser: true}, false},
		"inactive":            {auth.User{ID: "1"}, false},
		"inactive superuser":  {auth.User{ID: "1", IsSuperuser: true}, false},
		"superuser":           {auth.User{ID: "1", IsActive: true, IsSuperuser: true}, true},
		"superuser and staff": {auth.User{ID: "1", IsActive: true, IsSuperuser: true, IsStaff: true}, true},
	} {
		p, err := m.Permissions(t.Context(), c.user)
		if err != nil || p.Has("no.such") != c.want || len(p.Names()) > 0 {
			t.Errorf("%s: %v, %q, %v", name, p.Has("no.such"), p.Names(), err)
		}
		for _, perm := range []string{"shop.a", "shop.nothing", "", "nodot"} {
			if p.Has(perm) != c.want || p.Has("x.y") != c.want || p.HasModule("shop") != c.want {
				t.Errorf("%s: Has(%q) = %v", name, perm, p.Has(perm))
			}
		}
	}
	if calls != 0 {
		t.Errorf("the backend was asked %d times", calls)
	}
}

func TestQuestionsForPermissions(t *testing.T) {
	s, _ := newPermitSite(t)
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		for name, want := range map[string]bool{
			"shop.add_order": true, "shop.view_order": true, "shop.delete_order": false,
			"shop.add_orde": false, "shop.ADD_ORDER": false, "add_order": false, "shop": false, "": false,
		} {
			if got := auth.HasPerm(r, name); got != want {
				t.Errorf("HasPerm(%q) = %v", name, got)
			}
		}
		p, err := auth.LoadPermissions(r)
		if err != nil {
			t.Error(err)
		}
		for app, want := range map[string]bool{
			"shop": true, "sho": false, "shop.": false, "SHOP": false, "": false, "shop.add_order": false,
		} {
			if got := p.HasModule(app); got != want {
				t.Errorf("HasModule(%q) = %v", app, got)
			}
		}
	}, s.login(t, alice()))
}

func TestPermissionsAreLookedUpOnceARequest(t *testing.T) {
	s, store := newPermitSite(t)
	key := s.login(t, alice())
	s.do(func(_ http.ResponseWriter, r *http.Request) { auth.From(r) }, key)
	if n := store.asked(); n != 0 {
		t.Errorf("%d lookups for a request that does not ask", n)
	}
	before := s.users.count()
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if p, err := auth.LoadPermissions(r); err != nil || !p.Has("shop.add_order") {
					t.Errorf("%q, %v", p.Names(), err)
				}
			})
		}
		wg.Wait()
		auth.HasPerm(r, "shop.view_order")
	}, key)
	if n := store.asked(); n != 1 {
		t.Errorf("%d lookups", n)
	}
	if n := s.users.count() - before; n != 1 {
		t.Errorf("%d lookups of the user", n)
	}
}

// TestPermissionsFollowTheUser: a user who logs in during a request neither
// gains nor lacks permissions because of the visitor before.
func TestPermissionsFollowTheUser(t *testing.T) {
	s, _ := newPermitSite(t)
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		for i, c := range []struct {
			change func() error
			want   bool
		}{
			{func() error { return nil }, false},
			{func() error { return s.auth.Login(r, alice()) }, true},
			{func() error { return s.auth.Login(r, bob()) }, false},
			{func() error { return s.auth.Login(r, alice()) }, true},
			{func() error { s.auth.Logout(r); return nil }, false},
		} {
			if err := c.change(); err != nil {
				t.Fatal(err)
			}
			if got := auth.HasPerm(r, "shop.add_order"); got != c.want {
				t.Errorf("step %d: %v", i, got)
			}
		}
	}, "")
}

// TestFailingPermissionsAre503: not knowing is not a "no", and the handler's
// page is not shown.
func TestFailingPermissionsAre503(t *testing.T) {
	questions := map[string]func(*http.Request){
		"HasPerm": func(r *http.Request) { auth.HasPerm(r, "shop.add_order") },
	}
	for name, ask := range questions {
		s, store := newPermitSite(t)
		key := s.login(t, alice())
		resp := s.do(func(w http.ResponseWriter, r *http.Request) {
			auth.From(r) // the user is known; then the store fails
			store.fail(errors.New("connection refused"))
			ask(r)
			_, _ = w.Write([]byte("the page"))
		}, key)
		if text := body(t, resp); resp.StatusCode != http.StatusServiceUnavailable ||
			strings.Contains(text, "the page") {
			t.Errorf("%s: %s %q", name, resp.Status, text)
		}
	}
}

func TestLoadPermissionsReturnsTheError(t *testing.T) {
	s, store := newPermitSite(t)
	key := s.login(t, alice())
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		auth.From(r)
		down := errors.New("connection refused")
		store.fail(down)
		for range 2 {
			p, err := auth.LoadPermissions(r)
			if !errors.Is(err, session.ErrUnavailable) ||
				!errors.Is(err, down) || p.Has("shop.add_order") {
				t.Errorf("%q, %v", p.Names(), err)
			}
		}
		if n := store.asked(); n != 1 {
			t.Errorf("%d lookups", n)
		}
	}, key)
	store.fail(errors.New("connection refused"))
	s.do(func(_ http.ResponseWriter, r *http.Request) {
		if _, err := auth.LoadPermissions(r); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("without a user: %v", err)
		}
	}, key)
}

func TestPermissionsNeedTheManager(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if _, err := auth.LoadPermissions(r); !errors.Is(err, auth.ErrNoManager) {
		t.Errorf("LoadPermissions: %v", err)
	}
	for caller, call := range map[string]func(){
		"HasPerm": func() { auth.HasPerm(r, "shop.add_order") },
	} {
		func() {
			defer func() {
				want := "auth: " + caller + ": the request did not pass through Manager.Handler"
				if text := recover(); text != want {
					t.Errorf("panic %q; want %q", text, want)
				}
			}()
			call()
		}()
	}
}

func TestRequirePerm(t *testing.T) {
	s, store := newPermitSite(t)
	s.users.change("2", func(u *auth.User) { u.IsStaff = true })
	s.users.rows["3"] = auth.User{ID: "3", Username: "root", Password: "!", IsActive: true, IsSuperuser: true}
	page := s.auth.RequirePerm("shop.add_order", http.HandlerFunc(hello))
	both := s.auth.RequirePerm("shop.view_order", page)
	root := s.login(t, s.users.row("3"))
	gone := s.login(t, s.users.row("3"))
	tests := []struct {
		name string
		key  string
		want int
	}{
		{"anonymous", "", http.StatusFound},
		{"with the permission", s.login(t, alice()), http.StatusOK},
		{"without it", s.login(t, bob()), http.StatusForbidden},
		{"superuser", root, http.StatusOK},
	}
	for _, test := range tests {
		for _, gate := range []http.Handler{page, both} {
			resp := s.do(gate.ServeHTTP, test.key)
			if resp.StatusCode != test.want || strings.Contains(body(t, resp), "Hello") != (test.want == 200) {
				t.Errorf("%s: %s", test.name, resp.Status)
			}
			location := resp.Header.Get("Location")
			if (test.want == http.StatusFound) != strings.HasPrefix(location, "/accounts/login/?next=") {
				t.Errorf("%s: Location %q", test.name, location)
			}
		}
	}
	onlyView := s.auth.RequirePerm("shop.delete_order", page)
	if resp := s.do(onlyView.ServeHTTP, tests[1].key); resp.StatusCode != http.StatusForbidden {
		t.Errorf("with one permission of two: %s", resp.Status)
	}
	s.users.change("3", func(u *auth.User) { u.IsActive = false })
	if resp := s.do(page.ServeHTTP, gone); resp.StatusCode != http.StatusFound {
		t.Errorf("an inactive superuser: %s", resp.Status)
	}
	store.fail(errors.New("connection refused"))
	resp := s.do(page.ServeHTTP, tests[1].key)
	text := body(t, resp)
	if resp.StatusCode != http.StatusServiceUnavailable || strings.Contains(text, "Hello") {
		t.Errorf("store down: %s %q", resp.Status, text)
	}
}

// TestRequirePermWhenOnlyPermissionsFail: the user is known, and the
// permissions are not.
func TestRequirePermWhenOnlyPermissionsFail(t *testing.T) {
	s := newSite(t, nil)
	var err error
	s.auth, err = auth.New(nil, keys, &auth.Options{Backends: []auth.Backend{
		granting{fake: fake{name: "a", user: alice()}, failed: errors.New("connection refused")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	key := s.login(t, alice())
	resp := s.do(s.auth.RequirePerm("shop.add_order", http.HandlerFunc(hello)).ServeHTTP, key)
	text := body(t, resp)
	if resp.StatusCode != http.StatusServiceUnavailable || strings.Contains(text, "Hello") {
		t.Errorf("%s %q", resp.Status, text)
	}
	resp = s.do(s.auth.RequireLogin(http.HandlerFunc(hello)).ServeHTTP, key)
	if text := body(t, resp); text != "Hello alice" {
		t.Errorf("a page that does not ask: %s %q", resp.Status, text)
	}
}

// TestRequirePermRefusesInvalidNames to everybody but superusers, and says so
// when the gate is made.
func TestRequirePermRefusesInvalidNames(t *testing.T) {
	for _, name := range []string{"", "add_order", ".add_order", "shop.", "."} {
		s := newSite(t, nil)
		gate := s.auth.RequirePerm(name, http.HandlerFunc(hello))
		if !strings.Contains(s.log.String(), "level=ERROR") || !strings.Contains(s.log.String(), "app_label.codename") {
			t.Errorf("RequirePerm(%q) logs %q", name, s.log)
		}
		if resp := s.do(gate.ServeHTTP, s.login(t, alice())); resp.StatusCode != http.StatusForbidden {
			t.Errorf("RequirePerm(%q) answers %s", name, resp.Status)
		}
	}
}

// TestModelBackendGrantsOnlyItsOwnUsers: a user of another backend does not
// get what the table's user with the same ID has, and a user who is
// deactivated in the table gets nothing.
func TestModelBackendGrantsOnlyItsOwnUsers(t *testing.T) {
	store := &permitting{
		users:   newUsers(alice(), auth.User{ID: "2", Username: "gone"}),
		granted: map[string][]string{"1": {"shop.a"}, "2": {"shop.b"}},
	}
	model := noerror.In(auth.NewModelBackend(store, cheap()))
	user := func(id string, name, backend string, active bool) auth.User {
		return auth.User{ID: id, Username: name, Backend: backend, IsActive: active}
	}
	for _, c := range []struct {
		name string
		user auth.User
		want []string
	}{
		{"own", user("1", "alice", model.Name(), true), []string{"shop.a"}},
		{"read from the table", user("1", "alice", "", true), []string{"shop.a"}},
		{"another backend for the same row", user("1", "alice", "sso.Backend", true), []string{"shop.a"}},
		{"another user of the same ID", user("1", "janitor", "sso.Backend", true), nil},
		{"an ID that the table lacks", user("7", "alice", "sso.Backend", true), nil},
		{"an inactive row", user("2", "gone", "sso.Backend", true), nil},
		{"inactive", user("1", "alice", model.Name(), false), nil},
		{"anonymous", user("", "", model.Name(), true), nil},
	} {
		got, err := model.Permissions(t.Context(), c.user)
		if !slices.Equal(got, c.want) || err != nil {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
	}
	store.fail(errors.New("connection refused"))
	if got, err := model.Permissions(t.Context(), user("1", "janitor", "sso.Backend", true)); err == nil {
		t.Errorf("with a store that fails: %q", got)
	}
}

func TestUsersWithoutPermissionsGrantNothing(t *testing.T) {
	m, err := auth.New(newUsers(alice()), keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := m.Permissions(t.Context(), alice()); err != nil || len(p.Names()) > 0 || p.Has("no.such") {
		t.Errorf("%q, %v", p.Names(), err)
	}
}
