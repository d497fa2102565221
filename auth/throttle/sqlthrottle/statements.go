package sqlthrottle

import (
	"context"
	"errors"

	"github.com/jamsession/jamsession/internal/djangodb"
)

// statements are the statements of a store, prepared once.
type statements struct {
	take, read, insert, correct, give, fill, nth, delete *djangodb.Stmt
}

func prepare(ctx context.Context, db djangodb.DB) (*statements, error) {
	s := &statements{}
	const table = "jamsession_throttle"
	int64s := db.Dialect.BigInt()
	for _, p := range []struct {
		stmt **djangodb.Stmt
		text string
	}{
		{&s.take, "UPDATE " + table + " SET full_at = CASE WHEN full_at > " + int64s +
			" THEN full_at ELSE " + int64s + " END + " + int64s +
			" WHERE bucket = ? AND full_at <= " + int64s},
		{&s.read, "SELECT full_at FROM " + table + " WHERE bucket = ?"},
		{&s.insert, "INSERT INTO " + table + " (bucket, full_at) VALUES (?, ?)"},
		{&s.correct, "UPDATE " + table + " SET full_at = ? WHERE bucket = ? AND full_at = ?"},
		{&s.give, "UPDATE " + table + " SET full_at = full_at - " + int64s + " WHERE bucket = ?"},
		{&s.fill, "DELETE FROM " + table + " WHERE bucket = ?"},
		{&s.nth, "SELECT full_at FROM " + table + " WHERE full_at <= ? ORDER BY full_at LIMIT 1 OFFSET ?"},
		{&s.delete, "DELETE FROM " + table + " WHERE full_at <= ?"},
	} {
		stmt, err := db.Prepare(ctx, p.text)
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		*p.stmt = stmt
	}
	return s, nil
}

// close releases the statements that were prepared.
func (s *statements) close() error {
	var errs []error
	for _, stmt := range []*djangodb.Stmt{
		s.take, s.read, s.insert, s.correct, s.give, s.fill, s.nth, s.delete,
	} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}
