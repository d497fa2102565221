package sqlusers_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
)

// TestHashesThatDoNotFitAreRefusedAtTheStart, whatever the width of the column is: otherwise nobody could
// choose a password, and a server that is not strict would cut its hash off.
func TestHashesThatDoNotFitAreRefusedAtTheStart(t *testing.T) {
	long := noerror.In(password.Argon2(1, 64, 1, 64))
	hashers := map[string]struct {
		first  password.Hasher
		length int
	}{
		"Django's":    {noerror.In(password.PBKDF2SHA256(0)), 89},
		"fits":        {noerror.In(password.Scrypt(0, 0, 0)), 128},
		"long Argon2": {long, 151},
		"dear scrypt": {noerror.In(password.Scrypt(1<<17, 8, 1)), 129},
	}
	forEachDatabase(t, func(t *testing.T, d database) {
		check := func(room int) {
			t.Helper()
			users := noerror.In(sqlusers.New(t.Context(), d.site(), nil))
			t.Cleanup(func() { _ = users.Close() })
			for name, h := range hashers {
				o := &auth.Options{Hashers: noerror.In(password.New(&password.Options{
					Hashers: []password.Hasher{h.first},
				}))}
				_, err := auth.New(users, secrettest.Keys(key), o)
				if fits := h.length <= room; fits != (err == nil) {
					t.Errorf("%s, with room for %d: %v", name, room, err)
				}
			}
			user := create(t, users, auth.User{Username: "room" + strings.Repeat("m", room)[:room/2]})
			for length, fits := range map[int]bool{room: true, room + 1: false} {
				encoded := "own$1$" + strings.Repeat("x", length-len("own$1$"))
				err := users.SetPassword(t.Context(), user.ID, encoded)
				if fits != (err == nil) || err != nil && !errors.Is(err, auth.ErrInvalidUser) {
					t.Errorf("%d characters, with room for %d: %v", length, room, err)
				}
				stored := noerror.In(users.ByID(t.Context(), user.ID)).Password
				if fits != (stored == encoded) {
					t.Errorf("%d of %d characters are stored", len(stored), length)
				}
			}
		}
		check(128)
		if d.dialect == django.SQLite {
			return // which has no widths
		}
		widths, how := map[int]string{80: "varchar(80)", 200: "varchar(200)", 128: "longtext"}, " MODIFY password "
		if d.dialect == django.PostgreSQL {
			widths[128], how = "text", " ALTER password TYPE "
		}
		for room, width := range widths {
			change := how + width
			d.exec(t, "DELETE FROM auth_user", "ALTER TABLE auth_user"+change)
			check(room)
		}
	})
}

// TestReadOnlyDatabaseLetsUsersIn: a right password is right where its hash cannot be made anew.
func TestReadOnlyDatabaseLetsUsersIn(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		old := noerror.In(password.PBKDF2SHA256(1))
		encoded := noerror.In(old.Encode("wonderland"))
		create(t, d.Users, auth.User{Username: "alice", Password: encoded, IsActive: true})
		switch d.dialect {
		case django.PostgreSQL:
			d.db.SetMaxIdleConns(0)
			d.exec(t, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on',"+
				" current_database()); END $$")
		case django.MySQL:
			d.exec(t, "CREATE TRIGGER readonly BEFORE UPDATE ON auth_user FOR EACH ROW"+
				" SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'read-only'")
		default:
			d.exec(t, "CREATE TRIGGER readonly BEFORE UPDATE ON auth_user BEGIN SELECT RAISE(ABORT, 'read-only'); END")
		}
		b := noerror.In(auth.NewModelBackend(d.Users, noerror.In(password.New(&password.Options{
			Hashers: []password.Hasher{noerror.In(password.PBKDF2SHA256(2))},
		}))))
		user, err := b.Authenticate(t.Context(), "alice", "wonderland")
		if err != nil || user.Password != encoded {
			t.Errorf("user %v, error %v", user, err)
		}
		if err := b.RecordLogin(t.Context(), user, user.DateJoined); err != nil {
			t.Errorf("RecordLogin: %v", err)
		}
		if _, err := b.Authenticate(t.Context(), "alice", "wonder"); !errors.Is(err, auth.ErrNoMatch) {
			t.Errorf("another password: %v", err)
		}
	})
}
