package djangodb

import (
	"context"
	"database/sql"

	"github.com/jamsession/jamsession/internal/jitter"
	"github.com/jamsession/jamsession/internal/poolqueue"
)

// A Stmt is a statement on the connections of a database. It is prepared on each
// of them, unless the driver does that by itself: what database/sql prepares has
// a name, which a pooler between here and the server does not know again.
type Stmt struct {
	db    DB
	pool  *sql.DB
	queue *poolqueue.Queue // of the pool
	text  string
	stmt  *sql.Stmt // nil: the driver has the text
}

// Prepare returns a statement, written with ?, for [Stmt.Exec] or
// [Stmt.InsertID]; close it.
func (db DB) Prepare(ctx context.Context, query string) (*Stmt, error) {
	return db.prepare(ctx, db.DB, query)
}

// PrepareReader returns one that only reads; close it.
func (db DB) PrepareReader(ctx context.Context, query string) (*Stmt, error) {
	return db.prepare(ctx, db.readers(), query)
}

func (db DB) prepare(ctx context.Context, pool *sql.DB, query string) (*Stmt, error) {
	s := db.unprepared(pool, query)
	if dialects[db.Dialect].driverPrepares {
		return s, nil
	}
	err := db.repeated(ctx, func() (err error) {
		s.stmt, err = pool.PrepareContext(ctx, s.text)
		return err
	})
	return s, err
}

// Reader returns a statement that only reads, and is too rare to be prepared.
func (db DB) Reader(query string) *Stmt { return db.unprepared(db.readers(), query) }

// Writer is [DB.Reader] on a connection that writes, which is sure to see what
// was just written.
func (db DB) Writer(query string) *Stmt { return db.unprepared(db.DB, query) }

func (db DB) unprepared(pool *sql.DB, query string) *Stmt {
	return &Stmt{db: db, pool: pool, queue: db.queueOf(pool), text: db.Dialect.Rebind(query)}
}

func (db DB) readers() *sql.DB {
	if db.Readers == nil {
		return db.DB
	}
	return db.Readers
}

// Close releases what was prepared.
func (s *Stmt) Close() error {
	if s.stmt == nil {
		return nil
	}
	return s.stmt.Close()
}

// Query returns the rows of a statement that only reads.
func (s *Stmt) Query(ctx context.Context, args ...any) (rows *sql.Rows, err error) {
	err = s.db.repeated(ctx, func() error {
		rows, err = s.query(ctx, args)
		return err
	})
	return rows, err
}

func (s *Stmt) query(ctx context.Context, args []any) (*sql.Rows, error) {
	if err := s.queue.Enter(s.conns); err != nil {
		return nil, err
	}
	defer s.queue.Leave()
	if s.stmt == nil {
		return s.pool.QueryContext(ctx, s.text, args...)
	}
	return s.stmt.QueryContext(ctx, args...)
}

// One reads the only row of a statement's result. Its error is sql.ErrNoRows
// if there is none.
//
// It reads to the end of the result while ctx counts. A *sql.Row stops after
// the row and leaves the rest to Close, and there go-sql-driver/mysql waits for
// a server that has fallen silent as long as that takes.
func (s *Stmt) One(ctx context.Context, args []any, columns ...any) error {
	return s.db.repeated(ctx, func() error {
		rows, err := s.query(ctx, args)
		return OneOf(rows, err, columns...)
	})
}

// maxRepeats is how often a statement is run that was undone in favour of
// another one. With the pauses between, that is a tenth of a second.
const maxRepeats = 20

// Exec runs a statement that is a transaction by itself, and returns how many
// rows it matched. A statement that the database undid in favour of another,
// in a deadlock for example, is repeated.
func (s *Stmt) Exec(ctx context.Context, args ...any) (n int64, err error) {
	for round := 1; ; round++ {
		err = s.db.repeated(ctx, func() error {
			n, err = s.exec(ctx, args)
			return err
		})
		if err == nil || !dialects[s.db.Dialect].isPassing(err) ||
			round == maxRepeats || jitter.Pause(ctx, round) != nil {
			return n, err
		}
	}
}

func (s *Stmt) exec(ctx context.Context, args []any) (int64, error) {
	result, err := s.execute(ctx, args)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (s *Stmt) execute(ctx context.Context, args []any) (sql.Result, error) {
	if err := s.queue.Enter(s.conns); err != nil {
		return nil, err
	}
	defer s.queue.Leave()
	if s.stmt == nil {
		return s.pool.ExecContext(ctx, s.text, args...)
	}
	return s.stmt.ExecContext(ctx, args...)
}

// conns returns how many connections the statement's pool may have.
func (s *Stmt) conns() int { return s.pool.Stats().MaxOpenConnections }

// InsertID runs an INSERT that ends with [Dialect.Returning], and returns the id
// of the new row.
func (s *Stmt) InsertID(ctx context.Context, args ...any) (id int64, err error) {
	if dialects[s.db.Dialect].returning {
		err = s.One(ctx, args, &id)
		return id, err
	}
	err = s.db.repeated(ctx, func() error {
		result, err := s.execute(ctx, args)
		if err == nil {
			id, err = result.LastInsertId()
		}
		return err
	})
	return id, err
}

// OneOf is [Stmt.One] for what a QueryContext returns.
func OneOf(rows *sql.Rows, err error, columns ...any) error {
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return err
		}
		return sql.ErrNoRows
	}
	if err := rows.Scan(columns...); err != nil {
		return err
	}
	for rows.Next() { // there are no more
	}
	return rows.Err()
}
