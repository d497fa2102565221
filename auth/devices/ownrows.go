package devices

import (
	"context"
	"crypto/rand"
	"database/sql"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/secret"
)

const table = "jamsession_device"

// columns are those that scanRows reads.
const columns = "id, user_key, created, seen, expires, not_before, address, agent, method, name, sealed"

// ownRows are those of the table jamsession_device, which Django does not have.
type ownRows struct {
	*statements
	db   djangodb.DB
	keys sealer
}

var _ rows = ownRows{}

// openOwnRows prepares the statements.
func openOwnRows(ctx context.Context, db djangodb.DB, keys secret.Keys) (rows, error) {
	sealer, err := newSealer(keys)
	if err != nil {
		return nil, err
	}
	has, err := db.HasOwn(ctx, djangodb.Devices)
	switch {
	case err != nil:
		return nil, wrap(ctx, "open", err)
	case !has:
		return nil, errNotMigrated
	}
	s, err := prepare(ctx, db)
	if err != nil {
		return nil, wrap(ctx, "prepare", err)
	}
	return ownRows{s, db, sealer}, nil
}

// scanRows reads rows with the columns of the constant.
func scanRows(rows *sql.Rows, err error) ([]row, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []row
	for rows.Next() {
		r, err := scanRow(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

func scanRow(rows *sql.Rows) (r row, err error) {
	err = rows.Scan(&r.id, &r.user, &r.created, &r.seen, &r.expires, &r.notBefore,
		&r.address, &r.agent, &r.method, &r.name, &r.seal)
	return r, err
}

// isID knows the 26 letters and digits of rand.Text.
func (ownRows) isID(text string) bool {
	return len(text) == 26 && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

func (o ownRows) find(ctx context.Context, user, id string, _ secret.Text) (row, bool, error) {
	if !o.isID(id) {
		return row{}, false, nil
	}
	found, err := scanRows(o.statements.look.Query(ctx, id, user))
	if err != nil || len(found) == 0 {
		return row{}, false, err
	}
	return found[0], true, nil
}

func (o ownRows) list(ctx context.Context, user, own string, after time.Time) ([]row, error) {
	return scanRows(o.statements.list.Query(ctx, user, micros(after), own))
}

func (o ownRows) among(ctx context.Context, ids []string) ([]row, error) {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	var all []row
	err := o.statements.among.Query(ctx, args, func(rows *sql.Rows) error {
		var r row
		err := rows.Scan(&r.id, &r.user, &r.expires, &r.notBefore, &r.seal)
		all = append(all, r)
		return err
	})
	return all, err
}

const (
	locks = 64              // rows that are locks
	never = 253_402_300_799 // seconds; the end of the year 9999
)

// lock changes a row that is not a login's. Some users share one.
func (o ownRows) lock(ctx context.Context, tx *sql.Conn, user string) error {
	h := fnv.New32a()
	_, _ = h.Write([]byte(user))
	id := "lock " + strconv.Itoa(int(h.Sum32()%locks))
	locked, err := matches(tx.ExecContext(ctx, o.db.Dialect.Rebind(
		"UPDATE "+table+" SET seen = seen + 1 WHERE id = ?"), id))
	if err != nil || locked {
		return err
	}
	// If another has just made it, the transaction is repeated.
	_, err = o.insert(ctx, tx, row{id: id, expires: micros(time.Unix(never, 0))})
	return err
}

func (o ownRows) ofUser(ctx context.Context, tx *sql.Conn, user string) ([]row, error) {
	return scanRows(tx.QueryContext(ctx, o.db.Dialect.Rebind(
		"SELECT "+columns+" FROM "+table+" WHERE user_key = ? ORDER BY seen, id"), user))
}

func (o ownRows) insert(ctx context.Context, tx *sql.Conn, r row) (string, error) {
	if r.id == "" {
		r.id = rand.Text()
	}
	_, err := tx.ExecContext(ctx, o.db.Dialect.Rebind("INSERT INTO "+table+" ("+columns+
		") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"), r.id, r.user, r.created, r.seen, r.expires,
		r.notBefore, r.address, r.agent, r.method, r.name, o.keys.seal(r.id, r.session.Reveal()))
	return r.id, err
}

func (o ownRows) update(ctx context.Context, tx *sql.Conn, r row) (bool, error) {
	return matches(tx.ExecContext(ctx, o.db.Dialect.Rebind("UPDATE "+table+
		" SET created = ?, seen = ?, expires = "+greatest(o.db, "expires")+
		", not_before = "+greatest(o.db, "not_before")+
		", address = ?, agent = ?, method = ? WHERE id = ? AND user_key = ?"),
		r.created, r.seen, r.expires, r.expires, r.notBefore, r.notBefore,
		r.address, r.agent, r.method, r.id, r.user))
}

func (o ownRows) delete(ctx context.Context, tx *sql.Conn, user, id string) (bool, error) {
	return matches(tx.ExecContext(ctx, o.db.Dialect.Rebind(
		"DELETE FROM "+table+" WHERE id = ? AND user_key = ?"), id, user))
}

func (o ownRows) spare(
	ctx context.Context, tx *sql.Conn, user, id string, floor int64,
) (bool, error) {
	return matches(tx.ExecContext(ctx, o.db.Dialect.Rebind("UPDATE "+table+
		" SET not_before = ?, seen = seen + 1 WHERE id = ? AND user_key = ?"), floor, id, user))
}

func (o ownRows) rename(ctx context.Context, tx *sql.Conn, user, id, name string) error {
	_, err := tx.ExecContext(ctx, o.db.Dialect.Rebind(
		"UPDATE "+table+" SET name = ? WHERE id = ? AND user_key = ?"), name, id, user)
	return err
}

func (o ownRows) note(ctx context.Context, tx *sql.Conn, w write) (bool, error) {
	seen, sealed, until := micros(w.seen), o.keys.seal(w.id, w.key.Reveal()), int64(0)
	if !w.until.IsZero() {
		until = micros(w.until)
	}
	found, err := matches(tx.ExecContext(ctx, o.noteText, seen, seen, until, until, w.address,
		sealed, sealed, w.id, w.user))
	if err != nil || found || sealed == "" { // then nothing could be done
		return true, err
	}
	// A row that says all of it already may seem not to be there.
	there, err := scanRows(tx.QueryContext(ctx, o.db.Dialect.Rebind(
		"SELECT "+columns+" FROM "+table+" WHERE id = ? AND user_key = ?"), w.id, w.user))
	return len(there) > 0, err
}

func (o ownRows) keep(ctx context.Context, user, id string, until time.Time) error {
	at := micros(until)
	_, err := o.statements.keep.Exec(ctx, at, at, id, user)
	return err
}

func (o ownRows) end(ctx context.Context, user, id string, _ secret.Text) (bool, error) {
	n, err := o.statements.delete.Exec(ctx, id, user)
	return n > 0, err
}

// move is for tables that have the key of the session.
func (ownRows) move(_ context.Context, _ *sql.Conn, r row, _ string) (row, bool, error) {
	return r, true, nil
}

func (ownRows) sessionsFirst() bool { return false }

func (o ownRows) expired(ctx context.Context, end time.Time, after string) ([]row, error) {
	return scanRows(o.db.Writer("SELECT "+columns+" FROM "+table+
		" WHERE expires <= ? AND id > ? ORDER BY id LIMIT ?").Query(ctx, micros(end), after, batch))
}

func (o ownRows) drop(ctx context.Context, r row, end time.Time) (bool, error) {
	n, err := o.db.Writer("DELETE FROM "+table+" WHERE id = ? AND user_key = ? AND expires <= ?").
		Exec(ctx, r.id, r.user, micros(end))
	return n > 0, err
}

func (o ownRows) clearAddresses(
	ctx context.Context, after string, end time.Time,
) (last string, err error) {
	if last, err = o.lastAfter(ctx, after); err != nil || last == "" {
		return "", err
	}
	_, err = o.db.Writer("UPDATE "+table+" SET address = '' WHERE id > ? AND id <= ?"+
		" AND seen < ? AND address <> ''").Exec(ctx, after, last, micros(end))
	return last, err
}

func (o ownRows) deleteNext(
	ctx context.Context, after string, floor, before int64,
) (last string, n int, err error) {
	if last, err = o.lastAfter(ctx, after); err != nil || last == "" {
		return "", 0, err
	}
	deleted, err := o.db.Writer("DELETE FROM "+table+" WHERE id > ? AND id <= ? AND user_key <> ''"+
		" AND (not_before < ? OR created < ?)").Exec(ctx, after, last, floor, before)
	return last, int(deleted), err
}

// lastAfter returns the last id of the next rows; "" if there are none.
func (o ownRows) lastAfter(ctx context.Context, after string) (last string, err error) {
	ctx, cancel := context.WithTimeout(ctx, timelimit.Bulk)
	defer cancel()
	found, err := scanRows(o.db.Writer("SELECT "+columns+" FROM "+table+
		" WHERE id > ? ORDER BY id LIMIT ?").Query(ctx, after, batch))
	if len(found) == 0 {
		return "", err
	}
	return found[len(found)-1].id, err
}

// key opens the seal.
func (o ownRows) key(r row) (string, bool) { return o.keys.openKey(r.id, r.seal) }

func (o ownRows) isOf(r row, session string) bool {
	of, ok := o.keys.open(r.id, r.seal)
	return ok && of == session
}
