package djangodb_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
)

// A busyServer undoes a statement in favour of others so many times.
type busyServer struct {
	undoes int
	runs   int
	err    error
}

func (s *busyServer) Connect(context.Context) (driver.Conn, error) { return s, nil }
func (s *busyServer) Driver() driver.Driver                        { return nil }
func (s *busyServer) Close() error                                 { return nil }
func (s *busyServer) Prepare(string) (driver.Stmt, error)          { return s, nil }
func (s *busyServer) Begin() (driver.Tx, error)                    { return nil, errors.ErrUnsupported }
func (s *busyServer) NumInput() int                                { return -1 }
func (s *busyServer) Query([]driver.Value) (driver.Rows, error)    { return &oneRow{}, nil }

func (s *busyServer) Exec([]driver.Value) (driver.Result, error) {
	s.runs++
	if s.runs <= s.undoes {
		return nil, s.err
	}
	return driver.RowsAffected(1), nil
}

// TestUndoneStatementIsRepeatedWithPauses: those that met in a deadlock, such as
// a clearing and many saves, do not meet at once again. It ends: after a tenth of
// a second, or with its context.
func TestUndoneStatementIsRepeatedWithPauses(t *testing.T) {
	for _, c := range []struct {
		dialect django.Dialect
		err     error
	}{{django.MySQL, mysqlError(1213)}, {django.MySQL, mysqlError(1205)}, {django.PostgreSQL, stateError("40P01")}} {
		synctest.Test(t, func(t *testing.T) {
			run := func(ctx context.Context, server *busyServer) (n int64, waited time.Duration, err error) {
				db := djangodb.DB{DB: sql.OpenDB(server), Dialect: djangodb.Dialect(c.dialect)}
				defer func() { _ = db.DB.Close() }()
				stmt, err := db.Prepare(ctx, "DELETE FROM django_session")
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = stmt.Close() }()
				began := time.Now()
				n, err = stmt.Exec(ctx)
				return n, time.Since(began), err
			}
			if n, waited, err := run(t.Context(), &busyServer{undoes: 12, err: c.err}); n != 1 || err != nil || waited == 0 {
				t.Errorf("%v, 12 times: %d rows, error %v, %v in pauses", c.err, n, err, waited)
			}
			always := &busyServer{undoes: 1e6, err: c.err}
			if _, waited, err := run(t.Context(), always); !errors.Is(err, c.err) || always.runs != 20 || waited > time.Second {
				t.Errorf("%v always: %d runs in %v, error %v", c.err, always.runs, waited, err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Millisecond)
			defer cancel()
			if _, waited, err := run(ctx, &busyServer{undoes: 1e6, err: c.err}); err == nil || waited > 3*time.Millisecond {
				t.Errorf("%v with 3ms: error %v after %v", c.err, err, waited)
			}
		})
	}
}
