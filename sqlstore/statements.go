package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jamsession/jamsession/internal/djangodb"
)

// statements are the statements of a store, prepared once. Those that only read
// use the readers' pool.
type statements struct {
	load, exists, list               *sql.Stmt
	create, save, move, delete, tidy *sql.Stmt
}

func prepare(ctx context.Context, on djangodb.DB) (*statements, error) {
	s := &statements{}
	db, readers, d := on.DB, on.Readers, on.Dialect
	expiry := d.RawTime("expire_date")
	key := d.SameKey("session_key")
	same := key + " AND " + d.SameBytes("session_data")
	for _, p := range []struct {
		stmt **sql.Stmt
		db   *sql.DB
		text string
	}{
		{&s.load, readers, "SELECT session_data, " + expiry +
			" FROM django_session WHERE " + key + " AND expire_date > ?"},
		{&s.exists, readers, "SELECT 1 FROM django_session WHERE " + key + " AND expire_date > ?"},
		{&s.list, readers, "SELECT session_key, session_data, " + expiry +
			" FROM django_session WHERE session_key > ? AND expire_date > ?" +
			" ORDER BY session_key LIMIT ?"},
		{&s.create, db, "INSERT INTO django_session" +
			" (session_key, session_data, expire_date) VALUES (?, ?, ?)"},
		{&s.save, db, "UPDATE django_session SET session_data = ?, expire_date = ?" +
			" WHERE " + same + " AND expire_date > ?"},
		{&s.move, db, "UPDATE django_session" +
			" SET session_key = ?, session_data = ?, expire_date = ?" +
			" WHERE " + same + " AND expire_date > ?"},
		{&s.delete, db, "DELETE FROM django_session WHERE " + key + " AND expire_date > ?"},
		{&s.tidy, db, d.ClearExpired()},
	} {
		stmt, err := p.db.PrepareContext(ctx, d.Rebind(p.text))
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
	for _, stmt := range []*sql.Stmt{
		s.load, s.exists, s.list, s.create, s.save, s.move, s.delete, s.tidy,
	} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}
