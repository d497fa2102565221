package sqlusers_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/django"
)

// encoded is a hash of no password that anyone knows.
const encoded = "pbkdf2_sha256$1$HASH-SENTINEL$nothing"

func tempFile(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "site.db")
}

func pool(t testing.TB, path, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// open returns the users of a file, on two pools, and the pool that writes.
func open(t testing.TB, path string) (*sqlusers.Users, *sql.DB) {
	t.Helper()
	return openIn(t, path, nil)
}

// openIn is open for tables that keep the wall clock time of a zone.
func openIn(t testing.TB, path string, zone *time.Location) (*sqlusers.Users, *sql.DB) {
	t.Helper()
	db := pool(t, path, "?_txlock=immediate&_pragma=busy_timeout(5000)"+
		"&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)")
	db.SetMaxOpenConns(1)
	site := django.Database{
		DB: db, Readers: pool(t, path, "?_pragma=busy_timeout(5000)&_pragma=query_only(1)"), TimeZone: zone,
	}
	if _, err := sqlusers.Migrate(t.Context(), site, nil); err != nil {
		t.Fatal(err)
	}
	users, err := sqlusers.New(t.Context(), site, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := users.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return users, db
}

func create(t testing.TB, users *sqlusers.Users, user auth.User) auth.User {
	t.Helper()
	created, err := users.Create(t.Context(), user)
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	return created
}

func TestCreateAndRead(t *testing.T) {
	users, _ := open(t, tempFile(t))
	joined := time.Date(2025, 1, 2, 3, 4, 5, 678_000, time.FixedZone("", 3600))
	given := auth.User{
		Username: "jöhn.doe+1@x_-", Password: encoded, FirstName: "John", LastName: "Doe",
		Email: "John@Example.COM", IsActive: true, IsStaff: true,
		DateJoined: joined, LastLogin: joined.Add(time.Hour),
	}
	want := given
	want.ID, want.Email = "1", "John@example.com"
	want.DateJoined, want.LastLogin = given.DateJoined.UTC(), given.LastLogin.UTC()
	created := create(t, users, given)
	byID, errID := users.ByID(t.Context(), created.ID)
	byName, errName := users.ByUsername(t.Context(), given.Username)
	if errID != nil || errName != nil {
		t.Fatalf("ByID: %v, ByUsername: %v", errID, errName)
	}
	for name, got := range map[string]auth.User{"Create": created, "ByID": byID, "ByUsername": byName} {
		if diff := cmp.Diff(fields(want), fields(got)); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

// fields is a user without its Format method, which hides most of it.
func fields(u auth.User) map[string]any {
	return map[string]any{
		"ID": u.ID, "Username": u.Username, "Password": u.Password, "FirstName": u.FirstName,
		"LastName": u.LastName, "Email": u.Email, "IsActive": u.IsActive, "IsStaff": u.IsStaff,
		"IsSuperuser": u.IsSuperuser, "LastLogin": u.LastLogin, "DateJoined": u.DateJoined,
	}
}

func TestCreateFillsIn(t *testing.T) {
	users, db := open(t, tempFile(t))
	before := time.Now().Truncate(time.Microsecond)
	user := create(t, users, auth.User{Username: "\uff41\uff42"})
	if user.Username != "ab" {
		t.Errorf("the username is %q, want NFKC of it", user.Username)
	}
	if password.IsUsable(user.Password) || len(user.Password) != 41 {
		t.Errorf("the password is %q, want an unusable one", user.Password)
	}
	if user.DateJoined.Before(before) || user.DateJoined.After(time.Now()) {
		t.Errorf("DateJoined is %v, want now", user.DateJoined)
	}
	if !user.LastLogin.IsZero() || user.IsActive {
		t.Errorf("LastLogin is %v, IsActive %v; want zero and false", user.LastLogin, user.IsActive)
	}
	var never bool
	if err := db.QueryRow("SELECT last_login IS NULL FROM auth_user").Scan(&never); err != nil || !never {
		t.Errorf("last_login is NULL: %v, %v", never, err)
	}
}

func TestUserNotFound(t *testing.T) {
	users, _ := open(t, tempFile(t))
	create(t, users, auth.User{Username: "john"})
	_, byID := users.ByID(t.Context(), "2")
	for name, err := range map[string]error{
		"ByID":           byID,
		"SetPassword":    users.SetPassword(t.Context(), "2", encoded),
		"TouchLastLogin": users.TouchLastLogin(t.Context(), "2", time.Now()),
	} {
		if !errors.Is(err, auth.ErrUserNotFound) {
			t.Errorf("%s: error %v, want auth.ErrUserNotFound", name, err)
		}
	}
	for _, name := range []string{"", "John", "JOHN", "john ", " john", "joh", "john\x00", "' OR 1=1 --", "j%"} {
		if _, err := users.ByUsername(t.Context(), name); !errors.Is(err, auth.ErrUserNotFound) {
			t.Errorf("ByUsername(%q): error %v, want auth.ErrUserNotFound", name, err)
		}
	}
}

func TestUserExists(t *testing.T) {
	users, _ := open(t, tempFile(t))
	create(t, users, auth.User{Username: "ab"})
	for _, name := range []string{"ab", "\uff41\uff42", "AB", "Ab"} {
		if _, err := users.Create(t.Context(), auth.User{Username: name}); !errors.Is(err, sqlusers.ErrUserExists) {
			t.Errorf("Create(%q): error %v, want ErrUserExists", name, err)
		}
	}
}

func TestInvalid(t *testing.T) {
	users, _ := open(t, tempFile(t))
	for _, c := range []struct {
		user auth.User
		want string
	}{
		{auth.User{}, "username is empty"},
		{auth.User{Username: strings.Repeat("é", 151)}, "username is longer than 150 characters"},
		{auth.User{Username: "a b"}, "username may have"},
		{auth.User{Username: "a<b"}, "username may have"},
		{auth.User{Username: "a\x00b"}, "username has a control character"},
		{auth.User{Username: "a\xff"}, "username is not UTF-8"},
		{auth.User{Username: "a", FirstName: strings.Repeat("x", 151)}, "first name is longer than 150"},
		{auth.User{Username: "a", LastName: strings.Repeat("x", 151)}, "last name is longer than 150"},
		{auth.User{Username: "a", Email: strings.Repeat("x", 255)}, "email is longer than 254"},
		{auth.User{Username: "a", Email: "a@b.c\r\nBcc: d@e.f"}, "email has a control character"},
		{auth.User{Username: "a", Password: "PASSWORD-SENTINEL"}, "password is not encoded"},
		{auth.User{Username: "a", Password: "pa$$word SENTINEL"}, "password is not encoded"},
		{auth.User{Username: "a", Password: "a$long$password,but$SENTINEL"}, "password is not encoded"},
		{auth.User{Username: "a", Password: "Not$an$algorithm$SENTINEL$SENTINEL$SENTINEL"}, "password is not encoded"},
		{auth.User{Username: "a", Password: encoded + strings.Repeat("x", 128)}, "password is longer than 128"},
		{auth.User{Username: "a", ID: "7"}, "id is given"},
	} {
		_, err := users.Create(t.Context(), c.user)
		if !errors.Is(err, sqlusers.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Create: error %v, want ErrInvalid: %s", err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "SENTINEL") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
	for user, err := range users.List(t.Context()) {
		t.Errorf("there is a user: %v, %v", user, err)
	}
	user := create(t, users, auth.User{Username: strings.Repeat("é", 150), Email: strings.Repeat("x", 254)})
	if err := users.SetPassword(t.Context(), user.ID, "secret"); !errors.Is(err, sqlusers.ErrInvalid) {
		t.Errorf("SetPassword: error %v, want ErrInvalid", err)
	}
	if _, err := users.UpgradePassword(t.Context(), user.ID, user.Password, "secret"); !errors.Is(err, sqlusers.ErrInvalid) {
		t.Errorf("UpgradePassword: error %v, want ErrInvalid", err)
	}
}

// TestChangesOneColumn: what another program changes meanwhile stays.
func TestChangesOneColumn(t *testing.T) {
	users, db := open(t, tempFile(t))
	user := create(t, users, auth.User{Username: "john", Password: encoded, IsActive: true})
	if _, err := db.Exec("UPDATE auth_user SET is_active = 0, email = 'new@example.com'"); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	if err := users.SetPassword(t.Context(), user.ID, encoded+"2"); err != nil {
		t.Fatal(err)
	}
	if ok, err := users.UpgradePassword(t.Context(), user.ID, encoded+"2", encoded+"3"); !ok || err != nil {
		t.Fatalf("UpgradePassword = %v, %v", ok, err)
	}
	if err := users.TouchLastLogin(t.Context(), user.ID, at); err != nil {
		t.Fatal(err)
	}
	got, err := users.ByID(t.Context(), user.ID)
	if err != nil {
		t.Fatal(err)
	}
	user.IsActive, user.Email = false, "new@example.com"
	user.Password, user.LastLogin = encoded+"3", at
	if diff := cmp.Diff(fields(user), fields(got)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// TestUpgradePasswordOnce: of many upgrades of one hash one counts, and none
// after the password was changed.
func TestUpgradePasswordOnce(t *testing.T) {
	users, _ := open(t, tempFile(t))
	user := create(t, users, auth.User{Username: "john", Password: encoded})
	var upgraded atomic.Int64
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			ok, err := users.UpgradePassword(t.Context(), user.ID, encoded, encoded+fmt.Sprint(i))
			if err != nil {
				t.Errorf("UpgradePassword: %v", err)
			}
			if ok {
				upgraded.Add(1)
			}
		})
	}
	wg.Wait()
	if n := upgraded.Load(); n != 1 {
		t.Errorf("%d upgrades counted, want 1", n)
	}
	if err := users.SetPassword(t.Context(), user.ID, encoded+"changed"); err != nil {
		t.Fatal(err)
	}
	if ok, err := users.UpgradePassword(t.Context(), user.ID, encoded, encoded+"old"); ok || err != nil {
		t.Errorf("UpgradePassword after a change = %v, %v; want false", ok, err)
	}
	if ok, err := users.UpgradePassword(t.Context(), "99", encoded, encoded); ok || err != nil {
		t.Errorf("UpgradePassword of nobody = %v, %v; want false", ok, err)
	}
	if got, err := users.ByID(t.Context(), user.ID); err != nil || got.Password != encoded+"changed" {
		t.Errorf("the password is %q, %v", got.Password, err)
	}
}

func TestList(t *testing.T) {
	users, db := open(t, tempFile(t))
	const total = 1203
	_, err := db.Exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO auth_user (password, is_superuser, username, first_name, last_name, email,
		is_staff, is_active, date_joined) SELECT '!', 0, 'u' || i, '', '', '', 0, i % 2, '2026-01-02' FROM n`, total)
	if err != nil {
		t.Fatal(err)
	}
	var last int64
	for user, err := range users.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if user.ID != fmt.Sprint(last+1) || user.Username != "u"+user.ID {
			t.Fatalf("user %q %q comes after %d", user.ID, user.Username, last)
		}
		if err := users.TouchLastLogin(t.Context(), user.ID, time.Now()); err != nil {
			t.Fatal(err)
		}
		last++
		if last == 777 {
			break
		}
	}
	for _, err := range users.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		last++
	}
	if last != 777+total {
		t.Errorf("List yields %d users, want %d", last-777, total)
	}
}

// TestUnavailable: a database that cannot be asked is not "no such user".
func TestUnavailable(t *testing.T) {
	users, db := open(t, tempFile(t))
	user := create(t, users, auth.User{Username: "john", Password: encoded})
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := users.ByID(done, user.ID); !errors.Is(err, context.Canceled) {
		t.Errorf("ByID: error %v, want context.Canceled", err)
	}
	if _, err := db.Exec("PRAGMA foreign_keys = 0; DROP TABLE auth_user"); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	_, byID := users.ByID(ctx, user.ID)
	_, byName := users.ByUsername(ctx, "john")
	_, created := users.Create(ctx, auth.User{Username: "jane"})
	_, upgraded := users.UpgradePassword(ctx, user.ID, encoded, encoded)
	var listed error
	for _, err := range users.List(ctx) {
		listed = err
	}
	for name, err := range map[string]error{
		"ByID": byID, "ByUsername": byName, "Create": created, "UpgradePassword": upgraded,
		"List":           listed,
		"SetPassword":    users.SetPassword(ctx, user.ID, encoded),
		"TouchLastLogin": users.TouchLastLogin(ctx, user.ID, time.Now()),
	} {
		if err == nil || errors.Is(err, auth.ErrUserNotFound) || !strings.HasPrefix(err.Error(), "sqlusers: ") {
			t.Errorf("%s: error %v", name, err)
			continue
		}
		if strings.Contains(err.Error(), "SENTINEL") {
			t.Errorf("%s: the error shows the hash: %v", name, err)
		}
	}
}

func TestNewWithoutTable(t *testing.T) {
	db := pool(t, tempFile(t), "")
	if _, err := sqlusers.New(t.Context(), django.Database{DB: db}, nil); !errors.Is(err, django.ErrNotMigrated) {
		t.Errorf("New: error %v, want ErrNotMigrated", err)
	}
	if _, err := sqlusers.New(t.Context(), django.Database{DB: db, Dialect: 99}, nil); err == nil {
		t.Error("New with an unknown dialect: no error")
	}
}

func TestMigrate(t *testing.T) {
	db := pool(t, tempFile(t), "")
	plan, err := sqlusers.Plan(t.Context(), django.Database{DB: db}, nil)
	if err != nil || len(plan) != 16 || plan[13] != "auth.0012_alter_user_first_name_max_length" ||
		plan[14] != "jamsession_auth_user_email" || plan[15] != "jamsession_login_floor" {
		t.Errorf("Plan = %q, %v", plan, err)
	}
	steps, err := sqlusers.Migrate(t.Context(), django.Database{DB: db}, nil)
	if err != nil || !slices.Equal(steps, plan) {
		t.Errorf("Migrate = %q, %v; want what Plan says", steps, err)
	}
	if steps, err = sqlusers.Migrate(t.Context(), django.Database{DB: db}, nil); err != nil || steps != nil {
		t.Errorf("the second time Migrate = %q, %v", steps, err)
	}
}

// TestLongTextsAreNotExamined: neither a name nor an address of megabytes is
// normalized, or sent to the database.
func TestLongTextsAreNotExamined(t *testing.T) {
	users, _ := open(t, tempFile(t))
	john := create(t, users, auth.User{Username: "john"})
	ctx, stop := context.WithCancel(t.Context())
	stop() // a database that is asked says so
	name := strings.Repeat("ﬁ", 1<<20)
	email := "x@" + strings.Repeat("Ä", 1<<20)
	for about, ask := range map[string]struct {
		call func() error
		want error
	}{
		"ByUsername": {func() error { _, err := users.ByUsername(ctx, name); return err }, auth.ErrUserNotFound},
		"ByEmail":    {func() error { _, err := users.ByEmail(ctx, email); return err }, nil},
		"Create, name": {func() error {
			_, err := users.Create(ctx, auth.User{Username: name})
			return err
		}, sqlusers.ErrInvalid},
		"Create, email": {func() error {
			_, err := users.Create(ctx, auth.User{Username: "john", Email: email})
			return err
		}, sqlusers.ErrInvalid},
		"Update": {func() error {
			_, err := users.Update(t.Context(), john.ID, func(u *auth.User) { u.Username, u.Email = name, email })
			return err
		}, sqlusers.ErrInvalid},
		"CreateGroup": {func() error { _, err := users.CreateGroup(ctx, name); return err }, sqlusers.ErrInvalid},
		"GroupByName": {func() error { _, err := users.GroupByName(ctx, name); return err }, sqlusers.ErrGroupNotFound},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := ask.call()
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<18 || !errors.Is(err, ask.want) {
			t.Errorf("%s: %d bytes, error %v; want %v", about, n, err, ask.want)
		}
	}
}
