package sqlstore

import (
	"context"
	"errors"

	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/sessionmodel"
)

// statements are the statements of a store, prepared once. Those that only read
// use the readers' pool.
type statements struct {
	load, exists, list               *djangodb.Stmt
	create, save, move, delete, tidy *djangodb.Stmt
	among                            *djangodb.Batch
}

func prepare(ctx context.Context, on djangodb.DB, model *sessionmodel.Model) (*statements, error) {
	s := &statements{among: on.Batch("?", func(list string) string {
		return "SELECT session_key FROM " + model.Table +
			" WHERE session_key IN (" + list + ") AND expire_date > ?"
	})}
	reads, writes, d := on.PrepareReader, on.Prepare, on.Dialect
	expiry := d.RawTime("expire_date")
	key := d.SameKey("session_key")
	same := key + " AND " + d.SameBytes("session_data")
	table := " FROM " + model.Table
	for _, p := range []struct {
		stmt **djangodb.Stmt
		how  func(context.Context, string) (*djangodb.Stmt, error)
		text string
	}{
		{&s.load, reads, "SELECT session_data, " + expiry +
			table + " WHERE " + key + " AND expire_date > ?"},
		{&s.exists, reads, "SELECT 1" + table + " WHERE " + key + " AND expire_date > ?"},
		{&s.list, reads, "SELECT session_key, session_data, " + expiry +
			table + " WHERE session_key > ? AND expire_date > ?" +
			" ORDER BY session_key LIMIT ?"},
		{&s.create, writes, model.Insert()},
		{&s.save, writes, model.Update(same + " AND expire_date > ?")},
		{&s.move, writes, model.Move(same + " AND expire_date > ?")},
		{&s.delete, writes, "DELETE" + table + " WHERE " + key + " AND expire_date > ?"},
	} {
		stmt, err := p.how(ctx, p.text)
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		*p.stmt = stmt
	}
	var err error
	if s.tidy, err = model.PrepareClearing(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// close releases the statements that were prepared.
func (s *statements) close() error {
	errs := []error{s.among.Close()}
	for _, stmt := range []*djangodb.Stmt{
		s.load, s.exists, s.list, s.create, s.save, s.move, s.delete, s.tidy,
	} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}
