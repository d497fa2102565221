package djangodb_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/noerror"
)

// A server is one that fails each statement on its first connections.
type server struct {
	err error

	mu    sync.Mutex
	wrong int // connections still to be opened that lead to the wrong server
	open  int // connections to the wrong server
	all   int // connections that were ever opened
}

func (s *server) opened() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all
}

func (s *server) Connect(context.Context) (driver.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all++
	if s.wrong == 0 {
		return &serverConn{server: s}, nil
	}
	s.wrong--
	s.open++
	return &serverConn{s, s.err}, nil
}

func (s *server) Driver() driver.Driver { return nil }

type serverConn struct {
	server *server
	err    error // nil: it leads to the right one
}

func (c *serverConn) Close() error {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	if c.err != nil {
		c.server.open--
	}
	return nil
}

func (c *serverConn) Prepare(string) (driver.Stmt, error) { return serverStmt{c}, nil }
func (c *serverConn) Begin() (driver.Tx, error)           { return nil, errors.ErrUnsupported }

type serverStmt struct{ conn *serverConn }

func (serverStmt) Close() error  { return nil }
func (serverStmt) NumInput() int { return -1 }

func (s serverStmt) Exec([]driver.Value) (driver.Result, error) {
	runtime.Gosched() // others come meanwhile
	return driver.RowsAffected(1), s.conn.err
}

func (s serverStmt) Query([]driver.Value) (driver.Rows, error) { return &oneRow{}, s.conn.err }

type oneRow struct{ read bool }

func (*oneRow) Columns() []string { return []string{"id"} }
func (*oneRow) Close() error      { return nil }

func (r *oneRow) Next(to []driver.Value) error {
	if r.read {
		return io.EOF
	}
	r.read, to[0] = true, int64(7)
	return nil
}

type stateError string

func (e stateError) Error() string    { return "the server says " + string(e) }
func (e stateError) SQLState() string { return string(e) }

type codeError int

func (e codeError) Error() string { return fmt.Sprint("the file says ", int(e)) }
func (e codeError) Code() int     { return int(e) }

func mysqlError(code int) error { return fmt.Errorf("Error %d (HY000): the server says no", code) }

// TestConnectionsThatAreOfNoUseAreEnded, all that are idle at once, and what was
// asked is served by another one. What is no reason to end one is told.
func TestConnectionsThatAreOfNoUseAreEnded(t *testing.T) {
	for _, c := range []struct {
		dialect django.Dialect
		err     error
		spent   bool
	}{
		{django.PostgreSQL, stateError("25006"), true},
		{django.PostgreSQL, stateError("25P02"), true},
		{django.PostgreSQL, stateError("0A000"), true},
		{django.PostgreSQL, stateError("26000"), true},
		{django.PostgreSQL, stateError("34000"), true},
		{django.PostgreSQL, stateError("42P05"), true},
		{django.PostgreSQL, stateError("08P01"), false},
		{django.PostgreSQL, stateError("42501"), false},
		{django.PostgreSQL, stateError("53100"), false},
		{django.MySQL, mysqlError(1290), true},
		{django.MySQL, mysqlError(1792), true},
		{django.MySQL, mysqlError(1836), true},
		{django.MySQL, mysqlError(1047), true},
		{django.MySQL, mysqlError(1053), true},
		{django.MySQL, mysqlError(1243), true},
		{django.MySQL, mysqlError(1615), true},
		{django.MySQL, mysqlError(1142), false},
		{django.SQLite, codeError(1032), true},
		{django.SQLite, codeError(8), false},
	} {
		for name, call := range map[string]func(context.Context, djangodb.DB) error{
			"Exec": func(ctx context.Context, db djangodb.DB) error {
				stmt := noerror.In(db.Prepare(ctx, "UPDATE"))
				defer stmt.Close()
				_, err := stmt.Exec(ctx)
				return err
			},
			"InsertID": func(ctx context.Context, db djangodb.DB) error {
				stmt := noerror.In(db.Prepare(ctx, "INSERT"))
				defer stmt.Close()
				_, err := stmt.InsertID(ctx)
				if err != nil && err.Error() == "LastInsertId is not supported by this driver" {
					return nil // it was carried out
				}
				return err
			},
			"Query": func(ctx context.Context, db djangodb.DB) error {
				rows, err := db.Writer("SELECT").Query(ctx)
				if err != nil {
					return err
				}
				return rows.Close()
			},
			"One": func(ctx context.Context, db djangodb.DB) error {
				var id int
				return db.Reader("SELECT").One(ctx, nil, &id)
			},
			"Transact": func(ctx context.Context, db djangodb.DB) error {
				return db.Transact(ctx, func(tx *sql.Conn) error {
					_, err := tx.ExecContext(ctx, "UPDATE")
					return err
				})
			},
		} {
			t.Run(fmt.Sprint(c.err, " ", name), func(t *testing.T) {
				s := &server{err: c.err, wrong: 4}
				pool := sql.OpenDB(s)
				defer pool.Close()
				pool.SetMaxIdleConns(4)
				var idle []*sql.Conn
				for range 4 {
					idle = append(idle, noerror.In(pool.Conn(t.Context())))
				}
				for _, conn := range idle {
					_ = conn.Close()
				}
				db := noerror.In(djangodb.New(django.Database{DB: pool, Dialect: c.dialect}))
				err := call(t.Context(), db)
				if c.spent && (err != nil || s.open > 0) {
					t.Errorf("%v, with %d connections to the wrong server", err, s.open)
				}
				if !c.spent && (!errors.Is(err, c.err) || s.open < 3) {
					t.Errorf("%v, with %d connections", err, s.open)
				}
			})
		}
	}
}

// TestBusyConnectionsAreEnded: in a pool that is full, connections go from one visitor
// to the next, and none is ever idle.
func TestBusyConnectionsAreEnded(t *testing.T) {
	s := &server{err: stateError("25006"), wrong: 2}
	pool := sql.OpenDB(s)
	defer pool.Close()
	pool.SetMaxOpenConns(2)
	db := noerror.In(djangodb.New(django.Database{DB: pool, Dialect: django.PostgreSQL}))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var visitors sync.WaitGroup
	for range 20 {
		visitors.Go(func() {
			for ctx.Err() == nil && s.opened() < 4 { // until there are two others
				_, _ = db.Writer("UPDATE").Exec(ctx)
			}
		})
	}
	visitors.Wait()
	if ctx.Err() != nil {
		t.Errorf("%d connections to the wrong server are kept", s.open)
	}
}

// TestFileThatWasReplacedIsOpenedAnew, as when a backup is restored while the
// program runs.
func TestFileThatWasReplacedIsOpenedAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site.db")
	for _, text := range []string{path, path + ".backup"} {
		db := noerror.In(sql.Open("sqlite", text))
		if _, err := db.Exec("CREATE TABLE t (id int)"); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	pool := noerror.In(sql.Open("sqlite", path))
	defer pool.Close()
	db := noerror.In(djangodb.New(django.Database{DB: pool}))
	stmt := noerror.In(db.Prepare(t.Context(), "INSERT INTO t (id) VALUES (1)"))
	defer stmt.Close()
	if _, err := stmt.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".backup", path); err != nil {
		t.Fatal(err)
	}
	if _, err := stmt.Exec(t.Context()); err != nil {
		t.Errorf("after the file was replaced: %v", err)
	}
	var n int
	if err := db.Reader("SELECT count(*) FROM t").One(t.Context(), nil, &n); err != nil || n != 1 {
		t.Errorf("%d rows, %v, want the one in the new file", n, err)
	}
}
