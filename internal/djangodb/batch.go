package djangodb

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
)

// A Batch is a statement that reads the rows of many values. It is prepared for a few numbers
// of values, when they come: a shorter list is filled up with its last value.
type Batch struct {
	db    DB
	param string
	text  func(list string) string

	mu       sync.Mutex
	prepared map[int]*Stmt // by the number of values
}

// Batch returns a statement on a list of parameters such as "?"; close it.
func (db DB) Batch(param string, text func(list string) string) *Batch {
	return &Batch{db: db, param: param, text: text, prepared: make(map[int]*Stmt)}
}

// batchSizes are the numbers of values for which there is a statement.
var batchSizes = []int{1, 10, 100, 500}

// Query calls scan with each row of the values. What else the statement has to bind comes
// behind them.
func (b *Batch) Query(ctx context.Context, values []any, scan func(*sql.Rows) error, more ...any) error {
	for len(values) > 0 {
		size := sizeFor(len(values))
		n := min(size, len(values))
		if err := b.query(ctx, filled(values[:n], size), scan, more); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

// sizeFor returns the least size that has room for n values, or the greatest.
func sizeFor(n int) int {
	for _, size := range batchSizes {
		if size >= n {
			return size
		}
	}
	return batchSizes[len(batchSizes)-1]
}

// filled returns the values, the last one as often as it takes.
func filled(values []any, size int) []any {
	all := append(make([]any, 0, size+1), values...)
	for len(all) < size {
		all = append(all, values[len(values)-1])
	}
	return all
}

func (b *Batch) query(ctx context.Context, values []any, scan func(*sql.Rows) error, more []any) error {
	stmt, err := b.stmt(ctx, len(values))
	if err != nil {
		return err
	}
	rows, err := stmt.Query(ctx, append(values, more...)...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// stmt returns the statement for so many values.
func (b *Batch) stmt(ctx context.Context, n int) (*Stmt, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if stmt := b.prepared[n]; stmt != nil {
		return stmt, nil
	}
	list := strings.Repeat(", "+b.param, n)[len(", "):]
	stmt, err := b.db.PrepareReader(ctx, b.text(list))
	if err == nil {
		b.prepared[n] = stmt
	}
	return stmt, err
}

// Close releases what was prepared.
func (b *Batch) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var errs []error
	for _, stmt := range b.prepared {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(errs...)
}
