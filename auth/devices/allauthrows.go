package devices

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/secret"
)

// isID knows the numbers of rows.
func (*allauthRows) isID(text string) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	return err == nil && n > 0 && text[0] != '0' && text[0] != '+'
}

func (a *allauthRows) find(
	ctx context.Context, user, id string, key secret.Text,
) (row, bool, error) {
	u, ok := a.user.args(user)
	if !ok {
		return row{}, false, nil
	}
	if key.Reveal() != "" {
		r, ok, err := first(a.scan(a.byKey.Query(ctx,
			append(a.db.Dialect.KeyArgs(nil, key.Reveal()), u...)...)))
		if ok || err != nil {
			return r, ok, err
		}
	}
	if !a.isID(id) {
		return row{}, false, nil
	}
	return first(a.scan(a.byID.Query(ctx, append([]any{number(id)}, u...)...)))
}

// number is an id as the table has it.
func number(id string) int64 {
	n, _ := strconv.ParseInt(id, 10, 64) // isID knows it; no row has 0
	return n
}

func (a *allauthRows) list(ctx context.Context, user, own string, _ time.Time) ([]row, error) {
	u, ok := a.user.args(user)
	if !ok {
		return nil, nil
	}
	found, err := a.scan(a.of.Query(ctx, u...))
	return slices.DeleteFunc(found, func(r row) bool { return isPending(r.seal) && r.id != own }), err
}

func (a *allauthRows) among(ctx context.Context, ids []string) ([]row, error) {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = number(id)
	}
	var all []row
	err := a.byIDs.Query(ctx, args, func(found *sql.Rows) error {
		r, err := a.scanRow(found)
		all = append(all, r)
		return err
	})
	return all, err
}

func (a *allauthRows) ofUser(ctx context.Context, tx *sql.Conn, user string) ([]row, error) {
	u, ok := a.user.args(user)
	if !ok {
		return nil, errUser
	}
	return a.scan(tx.QueryContext(ctx, a.db.Dialect.Rebind("SELECT "+a.columns+" FROM "+allauthTable+
		" WHERE "+a.user.is()+" ORDER BY last_seen_at, id"), u...))
}

// insert adds a row that has the key of its session, or a text that stands for one until
// move has it: Django deletes rows of sessions that do not exist.
func (a *allauthRows) insert(ctx context.Context, tx *sql.Conn, r row) (string, error) {
	u, ok := a.user.args(r.user)
	if !ok {
		return "", errUser
	}
	key := r.session.Reveal()
	switch {
	case key == "":
		key = pendingKey()
	default: // one of another user is left of an earlier login in the same session
		_, err := tx.ExecContext(ctx, a.db.Dialect.Rebind("DELETE FROM "+allauthTable+" WHERE "+
			a.db.Dialect.SameKey("session_key")+" AND NOT ("+a.user.is()+")"),
			append(a.db.Dialect.KeyArgs(nil, key), u...)...)
		if err != nil {
			return "", err
		}
	}
	text := a.db.Dialect.Rebind("INSERT INTO " + allauthTable +
		" (user_id, created_at, last_seen_at, ip, session_key, user_agent, data) VALUES (" +
		a.user.param() + ", ?, ?, " + a.writeIP() + ", ?, ?, " + a.writeJSON() + ")" +
		a.db.Dialect.Returning("id"))
	args := []any{
		a.user.value(r.user), a.time(r.created), a.time(r.seen), ipOf(r.address), key,
		cut(r.agent, maxAgent), mark{r.method, r.name, r.notBefore}.in("{}"),
	}
	var id int64
	if a.db.Dialect.Returning("id") != "" {
		found, err := tx.QueryContext(ctx, text, args...)
		err = djangodb.OneOf(found, err, &id)
		return strconv.FormatInt(id, 10), err
	}
	result, err := tx.ExecContext(ctx, text, args...)
	if err == nil {
		id, err = result.LastInsertId()
	}
	return strconv.FormatInt(id, 10), err
}

// errAllauthKey says that the sessions are not those of Django.
var errAllauthKey = errors.New("the keys of sessions are hashed, or not those of Django, which has to" +
	" know them if the rows are in the table of django-allauth")

const pendingPrefix = "pending"

// pendingKey stands for a key that is not known yet. It is longer than any, and has only
// signs that Django's engine file takes.
func pendingKey() string { return pendingPrefix + strings.ToLower(rand.Text()) }

func isPending(key string) bool {
	return strings.HasPrefix(key, pendingPrefix) && len(key) == len(pendingPrefix)+26
}

func (a *allauthRows) time(micros int64) any { return a.db.EncodeTime(time.UnixMicro(micros)) }

func (a *allauthRows) delete(ctx context.Context, tx *sql.Conn, user, id string) (bool, error) {
	u, ok := a.user.args(user)
	if !ok {
		return false, nil
	}
	return matches(tx.ExecContext(ctx, a.db.Dialect.Rebind("DELETE FROM "+allauthTable+
		" WHERE id = ? AND "+a.user.is()), append([]any{number(id)}, u...)...))
}

// deleteAll deletes the rows of a user whose logins have ended, with what has ended them.
func (a *allauthRows) deleteAll(ctx context.Context, tx *sql.Conn, user string) error {
	u, ok := a.user.args(user)
	if !ok {
		return nil
	}
	_, err := tx.ExecContext(ctx,
		a.db.Dialect.Rebind("DELETE FROM "+allauthTable+" WHERE "+a.user.is()), u...)
	return err
}

// note does not miss a row: the key is that of move.
func (a *allauthRows) note(ctx context.Context, tx *sql.Conn, w write) (bool, error) {
	u, ok := a.user.args(w.user)
	if !ok {
		return true, nil
	}
	set, args := "last_seen_at = ?, user_agent = ?", []any{a.time(micros(w.seen)), cut(w.agent, maxAgent)}
	if w.address != "" {
		set, args = set+", ip = "+a.writeIP(), append(args, ipOf(w.address))
	}
	_, err := tx.ExecContext(ctx, a.db.Dialect.Rebind("UPDATE "+allauthTable+" SET "+set+
		" WHERE id = ? AND "+a.user.is()+" AND last_seen_at < ?"),
		slices.Concat(args, []any{number(w.id)}, u, []any{a.time(micros(w.seen))})...)
	return true, err
}

// keep does nothing: a row lives as long as its session.
func (*allauthRows) keep(context.Context, string, string, time.Time) error { return nil }

func (a *allauthRows) end(ctx context.Context, user, id string, key secret.Text) (bool, error) {
	u, ok := a.user.args(user)
	if !ok {
		return false, nil
	}
	n, err := a.db.Writer("DELETE FROM "+allauthTable+" WHERE (id = ? OR "+
		a.db.Dialect.SameKey("session_key")+") AND "+a.user.is()).
		Exec(ctx, slices.Concat([]any{number(id)}, a.db.Dialect.KeyArgs(nil, key.Reveal()), u)...)
	return n > 0, err
}

// move lets a row that Django has made for the session meanwhile take over.
func (a *allauthRows) move(
	ctx context.Context, tx *sql.Conn, r row, from string,
) (was row, moved bool, err error) {
	key := r.session.Reveal()
	found, err := a.scan(tx.QueryContext(ctx, a.db.Dialect.Rebind("SELECT "+a.columns+" FROM "+allauthTable+
		" WHERE id = ? OR "+a.db.Dialect.SameKey("session_key")),
		a.db.Dialect.KeyArgs([]any{number(r.id)}, key)...))
	for _, other := range found {
		if other.id == r.id && other.user == r.user {
			was = other
		}
	}
	switch {
	case err != nil || was.id == "":
		return was, false, err
	case a.isOf(was, key):
		return was, true, nil
	case was.seal != from && !isPending(was.seal):
		return was, false, nil
	}
	for _, other := range found {
		if !a.isOf(other, key) {
			continue
		}
		if other.user == r.user {
			_, err := a.delete(ctx, tx, r.user, r.id)
			return was, err == nil, err
		}
		if _, err := a.delete(ctx, tx, other.user, other.id); err != nil {
			return was, false, err
		}
	}
	moved, err = matches(tx.ExecContext(ctx, a.db.Dialect.Rebind("UPDATE "+allauthTable+
		" SET session_key = ? WHERE id = ? AND "+a.db.Dialect.SameKey("session_key")),
		a.db.Dialect.KeyArgs([]any{key, number(r.id)}, was.seal)...))
	return was, moved, err
}

func (*allauthRows) sessionsFirst() bool { return true }

func (a *allauthRows) key(r row) (string, bool) {
	return r.seal, r.seal != "" && !isPending(r.seal)
}

func (a *allauthRows) isOf(r row, session string) bool {
	return session != "" && hmac.Equal([]byte(r.seal), []byte(session))
}
