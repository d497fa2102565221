package sqlstore

import (
	"context"
	"errors"

	"github.com/jamsession/jamsession/internal/djangodb"
)

// statements are the statements of a store, prepared once. Those that only read
// use the readers' pool.
type statements struct {
	load, exists, list               *djangodb.Stmt
	create, save, move, delete, tidy *djangodb.Stmt
}

func prepare(ctx context.Context, on djangodb.DB) (*statements, error) {
	s := &statements{}
	reads, writes, d := on.PrepareReader, on.Prepare, on.Dialect
	expiry := d.RawTime("expire_date")
	key := d.SameKey("session_key")
	same := key + " AND " + d.SameBytes("session_data")
	for _, p := range []struct {
		stmt **djangodb.Stmt
		how  func(context.Context, string) (*djangodb.Stmt, error)
		text string
	}{
		{&s.load, reads, "SELECT session_data, " + expiry +
			" FROM django_session WHERE " + key + " AND expire_date > ?"},
		{&s.exists, reads, "SELECT 1 FROM django_session WHERE " + key + " AND expire_date > ?"},
		{&s.list, reads, "SELECT session_key, session_data, " + expiry +
			" FROM django_session WHERE session_key > ? AND expire_date > ?" +
			" ORDER BY session_key LIMIT ?"},
		{&s.create, writes, "INSERT INTO django_session" +
			" (session_key, session_data, expire_date) VALUES (?, ?, ?)"},
		{&s.save, writes, "UPDATE django_session SET session_data = ?, expire_date = ?" +
			" WHERE " + same + " AND expire_date > ?"},
		{&s.move, writes, "UPDATE django_session" +
			" SET session_key = ?, session_data = ?, expire_date = ?" +
			" WHERE " + same + " AND expire_date > ?"},
		{&s.delete, writes, "DELETE FROM django_session WHERE " + key + " AND expire_date > ?"},
		{&s.tidy, writes, d.ClearExpired()},
	} {
		stmt, err := p.how(ctx, p.text)
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
		s.load, s.exists, s.list, s.create, s.save, s.move, s.delete, s.tidy,
	} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}
