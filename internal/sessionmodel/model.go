// Package sessionmodel is the table of a session model: Django's, or one that a
// site has derived from AbstractBaseSession, under another name and with further
// columns. The stores that work on such a table share it.
package sessionmodel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
)

// Stock is the table of Django's own model.
const Stock = "django_session"

// IsStock reports whether a name, empty for the default, is that of Django's own
// table, which Migrate can make. A name with a schema is not.
func IsStock(table string) bool {
	name, err := djangodb.ParseTableName(table)
	return table == "" || err == nil && name.String() == Stock
}

// A Model is a table that was looked at.
type Model struct {
	Table string // as statements have it

	db       djangodb.DB
	name     djangodb.TableName
	relation djangodb.Relation
	fields   []djangodb.Field
	filled   []filled
	codec    session.Codec // nil: nothing is filled
}

// own are the columns of each session model.
var own = []string{"session_key", "session_data", "expire_date"}

// Open looks at a table; empty is Django's. The error is [django.ErrNotMigrated]
// if there is none.
func Open(ctx context.Context, db djangodb.DB, table string) (*Model, error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Bulk)
	defer cancel()
	if table == "" {
		table = Stock
	}
	m := &Model{db: db}
	var err error
	if m.name, err = db.Dialect.TableName(table); err != nil {
		return nil, fmt.Errorf("the table's name: %w", err)
	}
	m.Table = db.Dialect.QuoteTable(m.name)
	if m.fields, err = db.Fields(ctx, m.name); err != nil {
		return nil, err
	}
	if len(m.fields) == 0 {
		return nil, missing(m.name.String())
	}
	for _, name := range own {
		if m.field(name) == nil {
			return nil, fmt.Errorf("table %s has no column %s, so it is not one of sessions", m.name, name)
		}
	}
	if m.relation, err = db.Relation(ctx, m.name); err != nil {
		return nil, err
	}
	return m, m.checkRelation()
}

// missing says who makes the table.
func missing(name string) error {
	if name == Stock {
		return fmt.Errorf("%s: %w", name, django.ErrNotMigrated)
	}
	return notMade{name}
}

// A notMade is a [django.ErrNotMigrated] for a table that Migrate does not make.
type notMade struct{ table string }

func (e notMade) Error() string {
	return "there is no table " + e.table + "; manage.py migrate of the Django site makes it"
}

func (notMade) Unwrap() error { return django.ErrNotMigrated }

var (
	errFixed     = errors.New("it cannot be written to")
	errUncounted = errors.New("it is a view, for which SQLite does not count the rows that were changed")
)

func (m *Model) checkRelation() error {
	switch m.relation {
	case djangodb.RelationFixed:
		return fmt.Errorf("table %s: %w", m.name, errFixed)
	case djangodb.RelationUncounted:
		return fmt.Errorf("table %s: %w", m.name, errUncounted)
	}
	return nil
}

// field returns a column by its name, nil if there is none. Only PostgreSQL tells
// capitals apart, and there nobody has two that differ in nothing else.
func (m *Model) field(name string) *djangodb.Field {
	i := slices.IndexFunc(m.fields, func(f djangodb.Field) bool { return strings.EqualFold(f.Name, name) })
	if i < 0 {
		return nil
	}
	return &m.fields[i]
}

// CheckCutting is [djangodb.DB.CheckCutting] of the table.
func (m *Model) CheckCutting(ctx context.Context) error { return m.db.CheckCutting(ctx, m.name) }
