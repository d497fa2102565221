package sqlusers

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/devicekeeper"
	"github.com/jamsession/jamsession/internal/djangodb"
)

// onDevices are users beside the table of devices.
type onDevices struct{ *Users }

func init() {
	devicekeeper.Joined = func(users any, k devicekeeper.Keeper) devicekeeper.Joiner {
		u, mine := users.(*Users)
		table, ok := k.(devicekeeper.TableKeeper)
		if !mine || !ok || table.Pool() != u.db.DB {
			return nil
		}
		return onDevices{u}
	}
}

// UserOn implements devicekeeper.Joiner: it is [Users.ByID] with one column more.
func (u onDevices) UserOn(ctx context.Context, user any, userID, device string) (time.Time, error) {
	key, err := u.table.key.args(userID)
	if err != nil {
		return time.Time{}, err
	}
	ctx, cancel := u.limit(ctx)
	defer cancel()
	s := u.asked(ctx)
	stmt, err := s.onDevice.prepare(ctx, u.db, func() string { return u.table.selectOnDevice(s.floors) })
	if err != nil {
		return time.Time{}, wrap(ctx, "prepare", err)
	}
	var seen sql.NullInt64
	rows, err := stmt.Query(ctx, append([]any{device, u.table.key.canonical(userID)}, key...)...)
	found, err := collect(rows, err, func(row *sql.Rows) (auth.User, error) { return u.scanWith(row, &seen) })
	switch {
	case err != nil:
		return time.Time{}, wrap(ctx, "read", err)
	case len(found) == 0:
		return time.Time{}, auth.ErrUserNotFound
	}
	*user.(*auth.User) = found[0]
	if !seen.Valid {
		return time.Time{}, nil
	}
	return time.UnixMicro(seen.Int64), nil
}

// selectOnDevice is the statement of ByID, with when a device of the user was last seen; NULL
// if there is no such device.
func (t *table) selectOnDevice(floors bool) string {
	from := " FROM " + t.quoted
	return strings.TrimSuffix(t.selectRow(floors), from) + ", (SELECT d.seen FROM jamsession_device d" +
		" WHERE d.id = ? AND d.user_key = ?)" + from + " WHERE " + t.key.is(t.key.column)
}

// hasDevices looks whether there is a table of devices.
func (u *Users) hasDevices(ctx context.Context) (bool, error) {
	ctx, cancel := u.limit(ctx)
	defer cancel()
	return u.db.HasOwn(ctx, djangodb.Devices)
}

// endDevices deletes the devices of a user whose logins have ended, within a transaction.
func (u *Users) endDevices(ctx context.Context, tx *sql.Conn, id string) error {
	_, err := tx.ExecContext(ctx, u.db.Dialect.Rebind("DELETE FROM jamsession_device WHERE user_key = ?"),
		u.table.key.canonical(id))
	return err
}

// changed tells those who watch the logins of a user.
func (u *Users) changed(id string) { devicekeeper.Changed(u.db.DB, u.table.key.canonical(id)) }

// A lateStatement is prepared when it is needed, since its table may be made later.
type lateStatement struct {
	mu   sync.Mutex
	stmt *djangodb.Stmt
}

func (l *lateStatement) prepare(
	ctx context.Context, db djangodb.DB, query func() string,
) (*djangodb.Stmt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stmt != nil {
		return l.stmt, nil
	}
	stmt, err := db.PrepareReader(ctx, query())
	if err == nil {
		l.stmt = stmt
	}
	return stmt, err
}

func (l *lateStatement) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stmt == nil {
		return nil
	}
	return l.stmt.Close()
}
