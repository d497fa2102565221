package sqlusers

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/djangodb"
)

// maxFloorID is the width of the column, in characters.
const maxFloorID = 255

// floorColumns are the floors that count for a row of users, its own and
// everybody's, NULL if there is none. Each is found by the primary key, which
// costs less than looking for both at once.
func (t *table) floorColumns(exist bool) string {
	if !exist {
		return "NULL, NULL"
	}
	const floor = "(SELECT f.not_before FROM jamsession_login_floor f WHERE f.user_key = "
	return floor + t.key.text(t.quoted+"."+t.key.column) + "), " + floor + "'')"
}

// floorTime returns the highest floor; zero if there is none.
func floorTime(floors ...sql.NullInt64) (highest time.Time) {
	for _, seconds := range floors {
		if at := time.Unix(seconds.Int64, 0); seconds.Valid && (highest.IsZero() || at.After(highest)) {
			highest = at
		}
	}
	return highest
}

// LoginFloor returns the floor of the user with this ID, as [auth.FloorStore]
// says: it is for a backend of another kind that keeps its floors here. The
// users that this package returns have theirs. Its error wraps [auth.ErrInvalidUser]
// if no user can have the ID, and [auth.ErrNoFloors] if the table
// jamsession_login_floor does not exist.
func (u *Users) LoginFloor(ctx context.Context, userID string) (time.Time, error) {
	ctx, cancel := u.limit(ctx)
	defer cancel()
	if err := u.checkFloorID(ctx, userID); err != nil {
		return time.Time{}, err
	}
	var floor sql.NullInt64
	const query = "SELECT MAX(not_before) FROM jamsession_login_floor WHERE user_key IN ('', ?)"
	err := u.db.Reader(query).One(ctx, []any{u.table.key.canonical(userID)}, &floor)
	return floorTime(floor), wrap(ctx, "read floor", err)
}

// RaiseLoginFloor raises the floor of the user with this ID, and of everybody
// if it is empty, as [auth.FloorStore] says: [auth.Manager.EndSessions] calls
// it. There need not be such a user; a deleted user keeps the floor, so that
// no later user with the same ID gets the sessions. Its errors are those of
// [Users.LoginFloor].
func (u *Users) RaiseLoginFloor(ctx context.Context, userID string) (floor time.Time, err error) {
	ctx, cancel := u.limit(ctx)
	defer cancel()
	if err := u.checkFloorID(ctx, userID); err != nil {
		return time.Time{}, err
	}
	err = u.db.Transact(ctx, func(tx *sql.Conn) error {
		floor, err = u.raise(ctx, tx, u.table.key.canonical(userID))
		return err
	})
	return floor, wrap(ctx, "raise floor", err)
}

func (u *Users) checkFloorID(ctx context.Context, userID string) error {
	if longer(userID, maxFloorID) || !utf8.ValidString(userID) || strings.ContainsRune(userID, 0) {
		return invalid("id", fmt.Sprintf("is longer than %d characters, or not text", maxFloorID))
	}
	has, err := u.hasFloors(ctx)
	if err == nil && !has {
		return fmt.Errorf("sqlusers: no table %s; migrate first: %w",
			djangodb.LoginFloors.Name, auth.ErrNoFloors)
	}
	return wrap(ctx, "look for floors", err)
}

// raise raises a floor to the next second, and above every floor that it is
// compared with: a clock may be wrong, and several raises may fall into one
// second. The first statement locks the row, so that of two raises at once
// one sees the other.
func (u *Users) raise(ctx context.Context, tx *sql.Conn, userID string) (time.Time, error) {
	rebind := u.db.Dialect.Rebind
	exists, err := matches(tx.ExecContext(ctx, rebind(
		"UPDATE jamsession_login_floor SET not_before = not_before + 1 WHERE user_key = ?"), userID))
	if err != nil {
		return time.Time{}, err
	}
	highest := "SELECT MAX(not_before) FROM jamsession_login_floor"
	var args []any
	if userID != "" { // all floors but those of other users
		highest, args = highest+" WHERE user_key IN ('', ?)", []any{userID}
	}
	var old sql.NullInt64
	rows, err := tx.QueryContext(ctx, rebind(highest), args...)
	if err := djangodb.OneOf(rows, err, &old); err != nil {
		return time.Time{}, err
	}
	floor := max(time.Now().Unix(), old.Int64) + 1
	store := "INSERT INTO jamsession_login_floor (not_before, user_key) VALUES (?, ?)"
	if exists {
		store = "UPDATE jamsession_login_floor SET not_before = ? WHERE user_key = ?"
	}
	_, err = tx.ExecContext(ctx, rebind(store), floor, userID)
	return time.Unix(floor, 0), err
}

// matches reports whether a statement has found a row.
func matches(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}
