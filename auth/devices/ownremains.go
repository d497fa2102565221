package devices

import (
	"context"
	"database/sql"
	"time"

	"github.com/jamsession/jamsession/internal/devicekeeper"
	"github.com/jamsession/jamsession/secret"
)

// What remains of a login in the table jamsession_device is its row, without the user and what
// it says of them.

var _ remainder = ownRows{}

// remainsBatch is how many sessions are deleted at once.
const remainsBatch = 200

func (o ownRows) leave(ctx context.Context, tx *sql.Conn, r row) (bool, error) {
	return matches(tx.ExecContext(ctx, o.db.Dialect.Rebind("UPDATE "+table+
		" SET user_key = '', seen = ?, address = '', agent = '', name = '' WHERE id = ? AND user_key = ?"),
		micros(time.Now()), r.id, r.user))
}

func (o ownRows) withdraw(ctx context.Context, user, id string) (bool, error) {
	n, err := o.db.Writer("DELETE FROM "+table+" WHERE id = ? AND user_key = ? AND seen = created").
		Exec(ctx, id, user)
	return n > 0, err
}

func (o ownRows) leaveNew(ctx context.Context, tx *sql.Conn, w write) (row, error) {
	now := time.Now()
	until := now.Add(devicekeeper.PendingLife)
	if w.until.After(until) {
		until = w.until
	}
	r := row{seen: micros(now), expires: micros(until), session: secret.New(w.key.Reveal())}
	id, err := o.insert(ctx, tx, r)
	if err != nil {
		return row{}, err
	}
	found, err := scanRows(tx.QueryContext(ctx, o.db.Dialect.Rebind(
		"SELECT "+columns+" FROM "+table+" WHERE id = ?"), id))
	if err != nil || len(found) == 0 {
		return row{}, err
	}
	return found[0], nil
}

func (o ownRows) remains(ctx context.Context, before time.Time) ([]row, error) {
	return scanRows(o.db.Writer("SELECT "+columns+" FROM "+table+
		" WHERE user_key = '' AND sealed <> '' AND seen < ? ORDER BY seen LIMIT ?").
		Query(ctx, micros(before), remainsBatch))
}

func (o ownRows) forget(ctx context.Context, r row) error {
	_, err := o.db.Writer("DELETE FROM "+table+" WHERE id = ? AND user_key = '' AND sealed = ?").
		Exec(ctx, r.id, r.seal)
	return err
}
