package djangodb

import (
	"context"
	"time"

	"github.com/jamsession/jamsession/internal/timelimit"
)

// CountExpired returns how many rows of the table django_session have expired by
// now.
func (db DB) CountExpired(ctx context.Context, now time.Time) (n int, err error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
	defer cancel()
	const query = "SELECT COUNT(*) FROM django_session WHERE expire_date <= ?"
	err = db.Reader(query).One(ctx, []any{db.EncodeTime(now)}, &n)
	return n, Wrap(ctx, "count expired", err)
}

// PrepareClearing returns the statement for [DB.ClearExpired], to be closed.
func (db DB) PrepareClearing(ctx context.Context) (*Stmt, error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
	defer cancel()
	stmt, err := db.Prepare(ctx, db.Dialect.ClearExpired())
	return stmt, Wrap(ctx, "clear expired", err)
}

// ClearExpired deletes at most limit rows of the table django_session that
// expired by now, the oldest first, in a transaction of its own, and returns how
// many. Fewer than limit is the end. Programs may do it at the same time: on
// PostgreSQL each passes over the rows that another is deleting, elsewhere they
// take turns; none is counted twice.
func (db DB) ClearExpired(ctx context.Context, stmt *Stmt, now time.Time, limit int) (int, error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
	defer cancel()
	until := db.EncodeTime(now)
	n, err := stmt.Exec(ctx, until, until, limit)
	return int(n), Wrap(ctx, "clear expired", err)
}
