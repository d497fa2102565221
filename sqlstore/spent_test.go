package sqlstore_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/jamsession/jamsession/sqlstore"
)

// spoil makes a connection one that is of no use.
var spoil = map[string]func(t *testing.T, conn *sql.Conn){
	"a column has changed": func(t *testing.T, conn *sql.Conn) {
		execute(t, conn, "ALTER TABLE django_session ALTER session_data TYPE varchar(100000)")
	},
	"a pooler has deallocated": func(t *testing.T, conn *sql.Conn) {
		execute(t, conn, "DEALLOCATE ALL")
	},
	"the server has become a replica": func(t *testing.T, conn *sql.Conn) {
		execute(t, conn, "SET default_transaction_read_only = on")
	},
	"somebody has ended no transaction": func(t *testing.T, conn *sql.Conn) {
		execute(t, conn, "BEGIN")
		_, _ = conn.ExecContext(t.Context(), "SELECT 1/0")
	},
}

// An executor is a *sql.Conn or a *sql.DB.
type executor interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func execute(t *testing.T, on executor, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := on.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// TestConnectionsThatAreOfNoUseFailNoCall, of any kind.
func TestConnectionsThatAreOfNoUseFailNoCall(t *testing.T) {
	for name, spoil := range spoil {
		t.Run(name, func(t *testing.T) {
			b := backends[0]
			store, db := b.open(t, b.shared(t), sqlstore.Options{})
			db.SetMaxOpenConns(1)
			call := func() {
				t.Helper()
				rec, next := sized("one"), sized("two")
				if err := store.Create(t.Context(), rec); err != nil {
					t.Errorf("Create: %v", err)
				}
				if _, err := store.Load(t.Context(), rec.Key); err != nil {
					t.Errorf("Load: %v", err)
				}
				if err := store.Save(t.Context(), rec, next); err != nil {
					t.Errorf("Save: %v", err)
				}
				if err := store.Delete(t.Context(), next.Key); err != nil {
					t.Errorf("Delete: %v", err)
				}
			}
			call()
			conn, err := db.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			spoil(t, conn)
			_ = conn.Close()
			for range 5 {
				call()
			}
		})
	}
}
