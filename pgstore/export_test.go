package pgstore

import (
	"database/sql"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/sqlstore"
)

// OpenTable makes the table in a database, and returns the other path to it.
func OpenTable(t testing.TB, at servertest.Database) *sqlstore.Store {
	t.Helper()
	db, err := sql.Open("pgx", at.PostgresURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	site := django.Database{DB: db, Dialect: django.PostgreSQL}
	if _, err := sqlstore.Migrate(t.Context(), site); err != nil {
		t.Fatal(err)
	}
	table, err := sqlstore.New(t.Context(), site, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = table.Close() }) // twice is no matter
	return table
}
