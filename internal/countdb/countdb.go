// Package countdb opens databases that count what they are asked, for tests and measurements.
package countdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"
)

// A Log has the statements that were carried out. It is safe for concurrent use.
type Log struct {
	mu   sync.Mutex
	text []string
}

// Take returns the statements since the last call.
func (l *Log) Take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := l.text
	l.text = nil
	return text
}

func (l *Log) add(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, text)
}

// Open opens a database by a driver whose statements have contexts, and counts. That a
// statement was prepared does not count.
func Open(name, source string) (*sql.DB, *Log, error) {
	plain, err := sql.Open(name, source)
	if err != nil {
		return nil, nil, err
	}
	inner := plain.Driver()
	if err := plain.Close(); err != nil {
		return nil, nil, err
	}
	log := new(Log)
	return sql.OpenDB(&connector{inner, source, log}), log, nil
}

type connector struct {
	inner  driver.Driver
	source string
	log    *Log
}

// Driver implements [driver.Connector].
func (c *connector) Driver() driver.Driver { return c.inner }

// Connect implements [driver.Connector].
func (c *connector) Connect(context.Context) (driver.Conn, error) {
	inner, err := c.inner.Open(c.source)
	if err != nil {
		return nil, err
	}
	return &conn{inner, c.log}, nil
}

type conn struct {
	driver.Conn
	log *Log
}

// PrepareContext implements [driver.ConnPrepareContext].
func (c *conn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	inner, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return &stmt{inner, text, c.log}, nil
}

// BeginTx implements [driver.ConnBeginTx].
func (c *conn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
}

// QueryContext implements [driver.QueryerContext].
func (c *conn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.Conn.(driver.QueryerContext).QueryContext(ctx, text, args)
	return rows, c.done(text, err)
}

// ExecContext implements [driver.ExecerContext].
func (c *conn) ExecContext(
	ctx context.Context, text string, args []driver.NamedValue,
) (driver.Result, error) {
	result, err := c.Conn.(driver.ExecerContext).ExecContext(ctx, text, args)
	return result, c.done(text, err)
}

// done counts a statement, unless it is to be prepared first.
func (c *conn) done(text string, err error) error {
	if !errors.Is(err, driver.ErrSkip) {
		c.log.add(text)
	}
	return err
}

// CheckNamedValue implements [driver.NamedValueChecker].
func (c *conn) CheckNamedValue(value *driver.NamedValue) error {
	if inner, ok := c.Conn.(driver.NamedValueChecker); ok {
		return inner.CheckNamedValue(value)
	}
	return driver.ErrSkip
}

// ResetSession implements [driver.SessionResetter].
func (c *conn) ResetSession(ctx context.Context) error {
	if inner, ok := c.Conn.(driver.SessionResetter); ok {
		return inner.ResetSession(ctx)
	}
	return nil
}

type stmt struct {
	driver.Stmt
	text string
	log  *Log
}

// QueryContext implements [driver.StmtQueryContext].
func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.log.add(s.text)
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}

// ExecContext implements [driver.StmtExecContext].
func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.log.add(s.text)
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}
