package djangodb

import (
	"context"
	"database/sql"
)

// Transact runs fn in a transaction, and commits it unless fn returns an
// error. The whole is repeated if the database undid it in favour of another,
// and if another's row was in the way: one that came meanwhile is seen the
// next time. So fn may run several times, and its last error is returned.
//
// On SQLite the first statement of fn must write, since a transaction that
// has read cannot wait for its turn to write.
func (d Dialect) Transact(ctx context.Context, db *sql.DB, fn func(*sql.Tx) error) (err error) {
	for range maxRepeats {
		err = d.transact(ctx, db, fn)
		if err == nil || !dialects[d].isPassing(err) && !d.IsUnique(err) && !d.IsForeign(err) {
			break
		}
	}
	return err
}

func (d Dialect) transact(ctx context.Context, db *sql.DB, fn func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: dialects[d].isolation})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing, after a commit
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}
