package devices

import (
	"context"
	"database/sql"
	"slices"
	"time"
)

// A row is one of the table.
type row struct {
	id, user                           string
	created, seen, expires             int64 // microseconds
	notBefore                          int64 // seconds
	address, agent, method, name, seal string
}

// scanRows reads rows with the columns of the constant.
func scanRows(rows *sql.Rows, err error) ([]row, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []row
	for rows.Next() {
		var r row
		err := rows.Scan(&r.id, &r.user, &r.created, &r.seen, &r.expires, &r.notBefore,
			&r.address, &r.agent, &r.method, &r.name, &r.seal)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// find returns a row of a user; false if it is not there.
func (d *Devices) find(ctx context.Context, user, id string) (row, bool, error) {
	if !isID(id) {
		return row{}, false, nil
	}
	found, err := scanRows(d.rows.look.Query(ctx, id, user))
	if err != nil || len(found) == 0 {
		return row{}, false, err
	}
	return found[0], true, nil
}

// selectUser selects the rows of a user within a transaction, the oldest use first.
func (d *Devices) selectUser(ctx context.Context, tx *sql.Conn, user string) ([]row, error) {
	return scanRows(tx.QueryContext(ctx, d.db.Dialect.Rebind(
		"SELECT "+columns+" FROM "+table+" WHERE user_key = ? ORDER BY seen, id"), user))
}

// deleteRow deletes a row of a user within a transaction, and reports whether it was there.
func (d *Devices) deleteRow(ctx context.Context, tx *sql.Conn, user, id string) (bool, error) {
	return matches(tx.ExecContext(ctx, d.db.Dialect.Rebind(
		"DELETE FROM "+table+" WHERE id = ? AND user_key = ?"), id, user))
}

func (d *Devices) insert(ctx context.Context, tx *sql.Conn, r row) error {
	_, err := tx.ExecContext(ctx, d.db.Dialect.Rebind("INSERT INTO "+table+" ("+columns+
		") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"), r.id, r.user, r.created, r.seen, r.expires,
		r.notBefore, r.address, r.agent, r.method, r.name, r.seal)
	return err
}

// update has a row go on as that of another login, and reports whether it was there.
func (d *Devices) update(ctx context.Context, tx *sql.Conn, r row) (bool, error) {
	return matches(tx.ExecContext(ctx, d.db.Dialect.Rebind("UPDATE "+table+
		" SET created = ?, seen = ?, expires = "+greatest(d.db, "expires")+
		", address = ?, agent = ?, method = ? WHERE id = ? AND user_key = ?"),
		r.created, r.seen, r.expires, r.expires, r.address, r.agent, r.method, r.id, r.user))
}

// matches reports whether a statement has found a row.
func matches(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// isLive reports whether a row is listed and counts for a limit.
func (r row) isLive(now time.Time) bool { return r.expires > micros(now) }

// hasID is for a search among rows.
func hasID(id string) func(row) bool { return func(r row) bool { return r.id == id } }

// without returns all rows except the one of this id.
func without(rows []row, id string) []row { return slices.DeleteFunc(slices.Clone(rows), hasID(id)) }
