package devices

import (
	"context"
	"errors"

	"github.com/jamsession/jamsession/internal/djangodb"
)

// statements are what requests ask of the database, prepared once.
type statements struct {
	look, list, keep, delete *djangodb.Stmt
	among                    *djangodb.Batch

	noteText string // for a transaction
}

func prepare(ctx context.Context, db djangodb.DB) (*statements, error) {
	s := &statements{
		among: db.Batch("?", func(list string) string {
			return "SELECT id, user_key, expires, not_before, sealed FROM " + table +
				" WHERE id IN (" + list + ")"
		}),
		noteText: db.Dialect.Rebind("UPDATE " + table + " SET seen = " + greatest(db, "seen") +
			", expires = " + greatest(db, "expires") +
			", address = ?, sealed = CASE WHEN ? = '' THEN sealed ELSE ? END WHERE id = ? AND user_key = ?"),
	}
	reads, writes := db.PrepareReader, db.Prepare
	for _, p := range []struct {
		stmt **djangodb.Stmt
		how  func(context.Context, string) (*djangodb.Stmt, error)
		text string
	}{
		{&s.look, reads, "SELECT " + columns + " FROM " + table + " WHERE id = ? AND user_key = ?"},
		{&s.list, reads, listText},
		{&s.keep, writes, "UPDATE " + table + " SET seen = seen + 1, expires = " + greatest(db, "expires") +
			" WHERE id = ? AND user_key = ?"},
		{&s.delete, writes, "DELETE FROM " + table + " WHERE id = ? AND user_key = ?"},
	} {
		stmt, err := p.how(ctx, p.text)
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		*p.stmt = stmt
	}
	return s, nil
}

// listText reads the devices of a user by the index on the user and the time.
const listText = "SELECT " + columns + " FROM " + table +
	" WHERE user_key = ? AND (expires > ? OR id = ?) ORDER BY seen DESC, id LIMIT 1000"

// greatest is the greater of a column and what is bound, twice. Writes come out of order.
func greatest(db djangodb.DB, column string) string {
	value := db.Dialect.BigInt()
	return "CASE WHEN " + column + " > " + value + " THEN " + column + " ELSE " + value + " END"
}

// close releases the statements that were prepared.
func (s *statements) close() error {
	errs := []error{s.among.Close()}
	for _, stmt := range []*djangodb.Stmt{s.look, s.list, s.keep, s.delete} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}
