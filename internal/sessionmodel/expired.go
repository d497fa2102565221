package sessionmodel

import (
	"context"
	"time"

	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// CountExpired returns how many rows of the table have expired by now.
func (m *Model) CountExpired(ctx context.Context, now time.Time) (n int, err error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
	defer cancel()
	query := m.db.Reader("SELECT COUNT(*) FROM " + m.Table + " WHERE expire_date <= ?")
	err = query.One(ctx, []any{m.db.EncodeTime(now)}, &n)
	return n, djangodb.Wrap(ctx, "count expired", err)
}

// PrepareClearing returns the statement for [Model.ClearExpired], to be closed.
func (m *Model) PrepareClearing(ctx context.Context) (*djangodb.Stmt, error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
	defer cancel()
	clearing := m.db.Dialect.ClearExpired(m.name, m.relation, "session_key", "expire_date")
	stmt, err := m.db.Prepare(ctx, clearing)
	return stmt, djangodb.Wrap(ctx, "clear expired", err)
}

// ClearExpired deletes at most limit rows of the table that expired by now, the
// oldest first, in a transaction of its own, and returns how many. Fewer than
// limit is the end. Programs may do it at the same time: on PostgreSQL each
// passes over the rows that another is deleting, elsewhere they take turns; none
// is counted twice.
func (m *Model) ClearExpired(
	ctx context.Context, stmt *djangodb.Stmt, now time.Time, limit int,
) (int, error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
	defer cancel()
	until := m.db.EncodeTime(now)
	n, err := stmt.Exec(ctx, until, until, limit)
	return int(n), djangodb.Wrap(ctx, "clear expired", err)
}
