package devices

import (
	"context"
	"database/sql"
	"strings"
)

// A cookie that holds the session of a login which was adopted does not name its row: a copy
// from before would be adopted anew. A row without a user bars it, whose id is made of the
// fingerprint of the cookie.

func (o ownRows) bar(ctx context.Context, tx *sql.Conn, r row) (bool, error) {
	gone, err := o.delete(ctx, tx, r.user, r.id)
	of, _ := o.keys.open(r.id, r.seal)
	if err != nil || !gone || !strings.HasPrefix(of, notKey) {
		return gone, err
	}
	barred, err := o.isBarred(ctx, tx, of) // requests at once may each have made a row of the cookie
	if err == nil && barred {
		_, err = tx.ExecContext(ctx, o.db.Dialect.Rebind("UPDATE "+table+" SET expires = "+
			greatest(o.db, "expires")+" WHERE id = ? AND user_key = ''"), r.expires, r.expires, of)
	} else if err == nil {
		_, err = o.insert(ctx, tx, row{id: of, seen: r.seen, expires: r.expires})
	}
	return gone, err
}

func (o ownRows) isBarred(ctx context.Context, tx *sql.Conn, session string) (bool, error) {
	found, err := scanRows(tx.QueryContext(ctx, o.db.Dialect.Rebind(
		"SELECT "+columns+" FROM "+table+" WHERE id = ? AND user_key = ''"), session))
	return len(found) > 0, err
}
