package devices

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/jamsession/jamsession/secret"
)

// Rows are the table in which logins have their rows. Within a transaction tx is its connection.
type rows interface {
	// isID reports whether a text can be the id of a row. Others are not asked for.
	isID(text string) bool

	// find returns a row of a user; false if it is not there. The key is that under which the
	// store has the session, if that is known.
	find(ctx context.Context, user, id string, key secret.Text) (row, bool, error)

	// list returns the rows of a user that end after an instant, and the visitor's own, the last
	// seen first.
	list(ctx context.Context, user, own string, after time.Time) ([]row, error)

	// among returns those rows of all users that are there, with what a watch needs of them.
	among(ctx context.Context, ids []string) ([]row, error)

	// lock has the transactions of one user wait for each other.
	lock(ctx context.Context, tx *sql.Conn, user string) error

	// ofUser returns all rows of a user, the oldest use first.
	ofUser(ctx context.Context, tx *sql.Conn, user string) ([]row, error)

	// insert adds a row, and returns its id. That of r is the one to take, if rows choose theirs.
	insert(ctx context.Context, tx *sql.Conn, r row) (id string, err error)

	// update has a row go on as that of another login, and reports whether it was there.
	update(ctx context.Context, tx *sql.Conn, r row) (bool, error)

	// delete deletes a row of a user, and reports whether it was there.
	delete(ctx context.Context, tx *sql.Conn, user, id string) (bool, error)

	// spare notes up to which floor a login is not ended, and reports whether it was there.
	spare(ctx context.Context, tx *sql.Conn, user, id string, floor int64) (bool, error)

	// rename gives a row a name.
	rename(ctx context.Context, tx *sql.Conn, user, id, name string) error

	// note writes what a row is to say of the last request. It returns false if the row is not
	// there any more, and there is a key.
	note(ctx context.Context, tx *sql.Conn, w write) (bool, error)

	// keep has a row live until then: its login is stored.
	keep(ctx context.Context, user, id string, until time.Time) error

	// end is delete in a transaction of its own, of a row that find returns.
	end(ctx context.Context, user, id string, key secret.Text) (bool, error)

	// move has a row say which session its login has from now on, if it said from or did not know
	// one, and reports whether it says so. It returns the row as it was, zero if it is not there.
	move(ctx context.Context, tx *sql.Conn, r row, from string) (was row, moved bool, err error)

	// sessionsFirst reports whether a session has to end before its row: Django makes another
	// row for a session that lives.
	sessionsFirst() bool

	// expired returns the next rows after an id that seem to have ended before a time.
	expired(ctx context.Context, end time.Time, after string) ([]row, error)

	// drop deletes such a row, unless it was prolonged meanwhile.
	drop(ctx context.Context, r row, end time.Time) (bool, error)

	// clearAddresses empties the old addresses of the next rows after an id, and returns the
	// id of the last one; "" if there are no more.
	clearAddresses(ctx context.Context, after string, end time.Time) (last string, err error)

	// deleteNext deletes of the next rows after an id those of logins below a floor, and those
	// that are older than before, and returns the id of the last one; "" if there are no more.
	deleteNext(ctx context.Context, after string, floor, before int64) (last string, n int, err error)

	// key returns the key under which the store has the session of a row, if that is known.
	key(r row) (key string, ok bool)

	// isOf reports whether a row is that of the session of a login that is adopted.
	isOf(r row, session string) bool

	close() error
}

// A remainder is rows that keep what remains of a login that was ended, until its session is
// deleted.
type remainder interface {
	// leave is delete for a row whose session is still there.
	leave(ctx context.Context, tx *sql.Conn, r row) (bool, error)

	// leaveNew adds a row that never was that of a login.
	leaveNew(ctx context.Context, tx *sql.Conn, w write) (row, error)

	// withdraw is end for a row that was inserted, and neither kept nor updated since.
	withdraw(ctx context.Context, user, id string) (bool, error)

	// remains returns what remains of logins that were ended before a time, 200 at most.
	remains(ctx context.Context, before time.Time) ([]row, error)

	// forget deletes what remains of a login, unless it has another key by now.
	forget(ctx context.Context, r row) error

	// bar is delete for a row whose session is a cookie. If that login was adopted, it keeps
	// the fingerprint of the cookie until that has expired.
	bar(ctx context.Context, tx *sql.Conn, r row) (bool, error)

	// isBarred reports whether bar keeps what sessionOf says of a login.
	isBarred(ctx context.Context, tx *sql.Conn, session string) (bool, error)
}

// questions are so many parameters of a statement.
func questions(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

// A row is one of the table.
type row struct {
	id, user                     string
	created, seen, expires       int64 // microseconds
	notBefore                    int64 // seconds
	address, agent, method, name string

	seal    string      // what the table has of the session
	session secret.Text // the session of a row that is new
}

// isLive reports whether a row is listed and counts for a limit.
func (r row) isLive(now time.Time) bool { return r.expires > micros(now) }

// ids are those of rows.
func ids(rows []row) []string {
	all := make([]string, len(rows))
	for i, r := range rows {
		all[i] = r.id
	}
	return all
}

// hasID is for a search among rows.
func hasID(id string) func(row) bool { return func(r row) bool { return r.id == id } }

// matches reports whether a statement has found a row.
func matches(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}
