package sqlusers_test

import (
	"bytes"
	"database/sql"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// floor returns the floor of a user as each method sees it.
func (d database) floor(t *testing.T, user auth.User) time.Time {
	t.Helper()
	byID, errID := d.ByID(t.Context(), user.ID)
	byName, errName := d.ByUsername(t.Context(), user.Username)
	if errID != nil || errName != nil || byID.LoginFloor != byName.LoginFloor {
		t.Fatalf("floors %v and %v, errors %v, %v", byID.LoginFloor, byName.LoginFloor, errID, errName)
	}
	return byID.LoginFloor
}

func (d database) raise(t *testing.T, key string) time.Time {
	t.Helper()
	floor, err := d.RaiseLoginFloor(t.Context(), key)
	if err != nil {
		t.Fatalf("RaiseLoginFloor %q: %v", key, err)
	}
	return floor
}

// TestFloorOnlyGrows: within a second, beside the floor of everybody, and over
// one that another clock has written; and is nobody else's.
func TestFloorOnlyGrows(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		john := create(t, d.Users, auth.User{Username: "john", Password: encoded, IsActive: true})
		jane := create(t, d.Users, auth.User{Username: "jane", Password: encoded, IsActive: true})
		if !john.LoginFloor.IsZero() || !d.floor(t, john).IsZero() {
			t.Errorf("a new user has a floor: %v", john.LoginFloor)
		}
		start, last := time.Now().Truncate(time.Second), time.Time{}
		for _, key := range []string{"1", "1", "", "1", "", "", "1"} {
			floor := d.raise(t, key)
			if !floor.After(last) || !floor.After(start) || floor.After(time.Now().Add(10*time.Second)) {
				t.Errorf("key %q: %v after %v", key, floor, last)
			}
			if got := d.floor(t, john); !got.Equal(floor) {
				t.Errorf("key %q: john has %v, want %v", key, got, floor)
			}
			if got := d.floor(t, jane); key == "" != got.Equal(floor) {
				t.Errorf("key %q: jane has %v, john %v", key, got, floor)
			}
			last = floor
		}
		d.exec(t, "UPDATE jamsession_login_floor SET not_before = 99999999999 WHERE user_key = '1'")
		for _, key := range []string{"", "1", ""} {
			if floor := d.raise(t, key); floor.Unix() <= 99999999999 || !d.floor(t, john).Equal(floor) {
				t.Errorf("over a wrong clock, key %q: %v", key, floor)
			}
		}
	})
}

// TestFloorsOfAnyKey, for a backend of another kind that asks for them.
func TestFloorsOfAnyKey(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		ctx := t.Context()
		for _, key := range []string{
			"018f4e2a-7b1c-7d3e-9f00-aabbccddeeff", "jöhn", "JÖHN", "john", "JOHN", "john ", "j'; --", strings.Repeat("Ä", 255),
		} {
			if got, err := d.LoginFloor(ctx, key); err != nil || !got.IsZero() && key != "john " {
				t.Errorf("%q: %v, %v before it was raised", key, got, err)
			}
			floor := d.raise(t, key)
			if got, err := d.LoginFloor(ctx, key); err != nil || !got.Equal(floor) {
				t.Errorf("%q: %v, %v, want %v", key, got, err, floor)
			}
		}
		all := d.raise(t, "")
		if got, err := d.LoginFloor(ctx, "nobody"); err != nil || !got.Equal(all) {
			t.Errorf("after everybody's: %v, %v, want %v", got, err, all)
		}
		for _, key := range []string{strings.Repeat("a", 256), "a\x00b", "\xff"} {
			_, read := d.LoginFloor(ctx, key)
			_, raise := d.RaiseLoginFloor(ctx, key)
			if !errors.Is(read, sqlusers.ErrInvalid) || !errors.Is(raise, sqlusers.ErrInvalid) {
				t.Errorf("%q: %v, %v", key, read, raise)
			}
		}
	})
}

// TestActivityRaisesTheFloor: each deactivation does, and a reactivation of a
// user who has logged in; nothing else, and for nobody else.
func TestActivityRaisesTheFloor(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		john := create(t, d.Users, auth.User{Username: "john", Password: encoded})
		other := create(t, d.Users, auth.User{Username: "jane", Password: encoded, IsActive: true})
		seen := func() {
			t.Helper()
			if err := d.TouchLastLogin(t.Context(), john.ID, time.Now()); err != nil {
				t.Error(err)
			}
		}
		set := func(c func(*auth.User)) {
			t.Helper()
			if _, err := d.Update(t.Context(), john.ID, c); err != nil {
				t.Error(err)
			}
		}
		for _, step := range []struct {
			name   string
			do     func()
			raises bool
		}{
			{"activated before the first login", func() { set(func(u *auth.User) { u.IsActive = true }) }, false},
			{"logged in", seen, false},
			{"activated again", func() { set(func(u *auth.User) { u.IsActive = true }) }, false},
			{"renamed", func() { set(func(u *auth.User) { u.Username = "jack" }) }, false},
			{"deactivated", func() { set(func(u *auth.User) { u.IsActive, u.IsStaff = false, true }) }, true},
			{"renamed", func() { set(func(u *auth.User) { u.Username = "john" }) }, false},
			{"reactivated", func() { set(func(u *auth.User) { u.IsActive = true }) }, true},
			{"deactivated elsewhere", func() {
				d.exec(t, "UPDATE auth_user SET is_active = (1 = 0) WHERE username = 'john'")
			}, false},
			{"reactivated", func() { set(func(u *auth.User) { u.IsActive = true }) }, true},
		} {
			before, err := d.ByID(t.Context(), john.ID)
			if err != nil {
				t.Fatal(err)
			}
			step.do()
			after, err := d.ByID(t.Context(), john.ID)
			if err != nil || after.LoginFloor.After(before.LoginFloor) != step.raises {
				t.Errorf("%s: floor %v, before %v, %v", step.name, after.LoginFloor, before.LoginFloor, err)
			}
		}
		if floor := d.floor(t, other); !floor.IsZero() {
			t.Errorf("the other user has a floor: %v", floor)
		}
		if err := d.SetActive(t.Context(), "99", false); !errors.Is(err, auth.ErrUserNotFound) {
			t.Errorf("nobody is deactivated: %v", err)
		}
		if n := d.count(t, "jamsession_login_floor"); n != 1 {
			t.Errorf("%d floors", n)
		}
	})
}

// TestRefusedUpdateRaisesNoFloor: the floor and the change are one transaction.
func TestRefusedUpdateRaisesNoFloor(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		create(t, d.Users, auth.User{Username: "jane", Password: encoded})
		john := create(t, d.Users, auth.User{Username: "john", Password: encoded, IsActive: true})
		_, err := d.Update(t.Context(), john.ID, func(u *auth.User) { u.IsActive, u.Username = false, "jane" })
		got, errRead := d.ByID(t.Context(), john.ID)
		if !errors.Is(err, sqlusers.ErrUserExists) || errRead != nil || got != john {
			t.Errorf("error %v; the user is %v, floor %v, %v", err, fields(got), got.LoginFloor, errRead)
		}
	})
}

// TestDeletedUserKeepsTheFloor, so that no later user with the same key gets
// what is left of the sessions.
func TestDeletedUserKeepsTheFloor(t *testing.T) {
	users, _ := open(t, tempFile(t))
	john := create(t, users, auth.User{Username: "john", Password: encoded, IsActive: true})
	floor, err := users.RaiseLoginFloor(t.Context(), "1")
	if err = errors.Join(err, users.Delete(t.Context(), john.ID)); err != nil {
		t.Fatal(err)
	}
	if got, err := users.LoginFloor(t.Context(), "1"); err != nil || !got.Equal(floor) {
		t.Errorf("%v, %v; want %v", got, err, floor)
	}
}

// TestRaisesAtOnceAllCount: each is higher than the one before it.
func TestRaisesAtOnceAllCount(t *testing.T) {
	const rounds, callers = 8, 6
	forEachDatabase(t, func(t *testing.T, d database) {
		create(t, d.Users, auth.User{Username: "john", Password: encoded, IsActive: true})
		seen := make(map[int64]bool)
		for range rounds {
			start, floors := make(chan struct{}), make([]time.Time, callers)
			var group sync.WaitGroup
			for i := range callers {
				group.Go(func() {
					<-start
					var err error
					if floors[i], err = d.RaiseLoginFloor(t.Context(), "1"); err != nil {
						t.Error(err)
					}
				})
			}
			close(start)
			group.Wait()
			for _, floor := range floors {
				if seen[floor.Unix()] {
					t.Errorf("two raises to %v", floor)
				}
				seen[floor.Unix()] = true
			}
		}
	})
}

// TestTableOfFloorsMayComeLate: users of a database that only Django has
// migrated work without floors; a deactivation counts; and once the table is
// there, a write finds it at once, and a read within a minute.
func TestTableOfFloorsMayComeLate(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		ctx := t.Context()
		john := create(t, d.Users, auth.User{Username: "john", Password: encoded, IsActive: true})
		d.exec(t, "DROP TABLE jamsession_login_floor")
		open := func() *sqlusers.Users {
			users, err := sqlusers.New(ctx, d.site(), nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = users.Close() })
			return users
		}
		writer, reader := open(), open()
		for range 2 {
			if err := writer.SetActive(ctx, john.ID, false); err != nil {
				t.Errorf("SetActive: %v", err)
			}
		}
		if got, err := reader.ByID(ctx, john.ID); err != nil || got.IsActive || !got.LoginFloor.IsZero() {
			t.Errorf("deactivated: %v, %v", fields(got), err)
		}
		_, raised := writer.RaiseLoginFloor(ctx, "1")
		_, read := writer.LoginFloor(ctx, "1")
		if !errors.Is(raised, auth.ErrNoFloors) || !errors.Is(read, auth.ErrNoFloors) {
			t.Errorf("without a table: %v, %v", raised, read)
		}
		if plan, err := sqlusers.Plan(ctx, d.site(), nil); err != nil || len(plan) != 1 || plan[0] != "jamsession_login_floor" {
			t.Errorf("Plan = %q, %v", plan, err)
		}
		if made, err := sqlusers.Migrate(ctx, d.site(), nil); err != nil || len(made) != 1 || made[0] != "jamsession_login_floor" {
			t.Errorf("Migrate = %q, %v", made, err)
		}
		if err := writer.SetActive(ctx, john.ID, true); err != nil {
			t.Errorf("SetActive: %v", err)
		}
		floor, err := writer.RaiseLoginFloor(ctx, "1")
		got, errWriter := writer.ByID(ctx, john.ID)
		if err = errors.Join(err, errWriter); err != nil || !got.LoginFloor.Equal(floor) {
			t.Errorf("with the table: %v, want %v, %v", got.LoginFloor, floor, err)
		}
	})
}

// TestReaderLooksForFloorsOnceAMinute, and not at each request.
func TestReaderLooksForFloorsOnceAMinute(t *testing.T) {
	users, db := open(t, tempFile(t))
	create(t, users, auth.User{Username: "john", Password: encoded, IsActive: true})
	if _, err := db.ExecContext(t.Context(), "DROP TABLE jamsession_login_floor"); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		late, err := sqlusers.New(t.Context(), django.Database{DB: db}, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = late.Close() }()
		if _, err := sqlusers.Migrate(t.Context(), django.Database{DB: db}, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), "INSERT INTO jamsession_login_floor VALUES ('1', 7)"); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			wait time.Duration
			want int64
		}{{0, 0}, {59 * time.Second, 0}, {time.Second, 7}, {0, 7}} {
			time.Sleep(step.wait)
			user, err := late.ByID(t.Context(), "1")
			if got := user.LoginFloor; err != nil || got.IsZero() != (step.want == 0) || step.want > 0 && got.Unix() != step.want {
				t.Errorf("after %v: %v, %v", step.wait, got, err)
			}
		}
	})
}

// TestFloorIsFoundByItsKey: no list of floors is read to load a user.
func TestFloorIsFoundByItsKey(t *testing.T) {
	how := map[django.Dialect]struct{ explain, found string }{
		django.SQLite:     {"EXPLAIN QUERY PLAN ", "SEARCH f USING INDEX"},
		django.PostgreSQL: {"EXPLAIN ", " using jamsession_login_floor_pkey on jamsession_login_floor f"},
		django.MySQL:      {"EXPLAIN ", "|PRIMARY|PRIMARY|1022|"},
	}
	forEachDatabase(t, func(t *testing.T, d database) {
		create(t, d.Users, auth.User{Username: "john", Password: encoded})
		create(t, d.Users, auth.User{Username: "jane", Password: encoded})
		fill(t, d)
		d.raise(t, "")
		h := how[d.dialect]
		plan := lines(t, d.db, h.explain+"SELECT "+d.FloorColumns()+" FROM auth_user WHERE id >= 1")
		if strings.Count(plan, h.found) != 2 && (d.dialect != django.MySQL || !strings.Contains(plan, h.found)) {
			t.Errorf("the plan does not use the key twice:\n%s", plan)
		}
	})
}

// fill stores twenty thousand floors of others.
func fill(t *testing.T, d database) {
	t.Helper()
	for n := 0; n < 20_000; n += 500 {
		var rows []string
		for i := range 500 {
			rows = append(rows, "('u"+time.Unix(int64(n+i), 0).UTC().Format("150405")+"', 7)")
		}
		d.exec(t, "INSERT INTO jamsession_login_floor (user_key, not_before) VALUES "+strings.Join(rows, ","))
	}
	if d.dialect == django.MySQL {
		lines(t, d.db, "ANALYZE TABLE jamsession_login_floor")
		return
	}
	d.exec(t, "ANALYZE jamsession_login_floor")
}

// lines returns the rows of a query as text.
func lines(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for rows.Next() {
		line := make([]sql.RawBytes, len(columns))
		pointers := make([]any, len(columns))
		for i := range line {
			pointers[i] = &line[i]
		}
		if err := rows.Scan(pointers...); err != nil {
			t.Fatal(err)
		}
		all = append(all, string(bytes.Join(texts(line), []byte("|"))))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
}

func texts(line []sql.RawBytes) (all [][]byte) {
	for _, column := range line {
		all = append(all, column)
	}
	return all
}

// TestLoginMeetsADeactivation: whichever comes first, and however they
// interleave, a session that was made of a user as before the deactivation is
// dead after the reactivation, and a login after that lives.
func TestLoginMeetsADeactivation(t *testing.T) {
	const rounds, logins = 15, 4
	forEachDatabase(t, func(t *testing.T, d database) {
		hashers := must(password.New(&password.Options{Hashers: []password.Hasher{must(password.PBKDF2SHA256(1))}}))
		encoded, err := hashers.Hash(t.Context(), "wonderland")
		if err != nil {
			t.Fatal(err)
		}
		john := create(t, d.Users, auth.User{Username: "john", Password: encoded, IsActive: true})
		manager, err := auth.New(d.Users, secrettest.Keys(key), &auth.Options{Hashers: hashers})
		if err != nil {
			t.Fatal(err)
		}
		s := visit{manager, noerror.In(session.New(memstore.New(), nil))}
		for range rounds {
			start := make(chan struct{})
			var group sync.WaitGroup
			cookies := make([]string, logins)
			floors := make([]time.Time, logins)
			for i := range logins {
				group.Go(func() {
					<-start
					cookies[i], floors[i] = s.login(t)
				})
			}
			group.Go(func() {
				<-start
				err := errors.Join(d.SetActive(t.Context(), john.ID, false), d.SetActive(t.Context(), john.ID, true))
				if err != nil {
					t.Error(err)
				}
			})
			close(start)
			group.Wait()
			floor := d.floor(t, john)
			for i, cookie := range cookies {
				if alive := cookie != "" && s.whoami(cookie) == "john"; alive != (cookie != "" && floors[i].Equal(floor)) {
					t.Errorf("alive: %v, with floor %v of %v", alive, floors[i], floor)
				}
			}
			if cookie, _ := s.login(t); s.whoami(cookie) != "john" {
				t.Error("a login after the reactivation is dead")
			}
		}
	})
}

// A visit is what a visitor's requests pass through.
type visit struct {
	auth     *auth.Manager
	sessions *session.Manager
}

func (v visit) do(cookie string, h http.HandlerFunc) *http.Response {
	r := httptest.NewRequest(http.MethodGet, "http://example.com/", nil)
	if cookie != "" {
		r.AddCookie(&http.Cookie{Name: "sessionid", Value: cookie})
	}
	w := httptest.NewRecorder()
	v.sessions.Handler(v.auth.Handler(h)).ServeHTTP(w, r)
	return w.Result()
}

// login returns the session's key, and the floor with which the user was found;
// no key if the user is inactive.
func (v visit) login(t *testing.T) (cookie string, floor time.Time) {
	t.Helper()
	resp := v.do("", func(_ http.ResponseWriter, r *http.Request) {
		user, err := v.auth.Authenticate(r, "john", "wonderland")
		if errors.Is(err, auth.ErrNoMatch) {
			return
		}
		floor = user.LoginFloor
		if err = errors.Join(err, v.auth.Login(r, user)); err != nil {
			t.Error(err)
		}
	})
	for _, c := range resp.Cookies() {
		cookie = c.Value
	}
	return cookie, floor
}

func (v visit) whoami(cookie string) (name string) {
	v.do(cookie, func(_ http.ResponseWriter, r *http.Request) { name = auth.From(r).Username })
	return name
}
