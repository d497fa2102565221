package sqlusers

import (
	"context"
	"database/sql"
)

// exec runs a statement that is too rare to be prepared, and returns how many
// rows it matched.
func (u *Users) exec(ctx context.Context, query string, args ...any) (n int64, err error) {
	ctx, cancel := u.limit(ctx)
	defer cancel()
	stmt, err := u.db.Prepare(ctx, query)
	if err != nil {
		return 0, err
	}
	defer func() { _ = stmt.Close() }()
	return stmt.Exec(ctx, args...)
}

// collect returns what scan makes of each row.
func collect[T any](rows *sql.Rows, err error, scan func(*sql.Rows) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
