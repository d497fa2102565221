package djangodb_test

import (
	"database/sql"
	"errors"
	"testing"

	"github.com/jamsession/jamsession/internal/djangodb"
)

func TestTransact(t *testing.T) {
	stop := errors.New("stop here")
	for name, c := range map[string]struct {
		second string // what the transaction does after its first row
		stop   error
		runs   int
		rows   int
		want   func(error) bool
	}{
		"all":        {"INSERT INTO pair VALUES (2, 1)", nil, 1, 2, func(err error) bool { return err == nil }},
		"unique":     {"INSERT INTO pair VALUES (1, 1)", nil, 5, 0, djangodb.SQLite.IsUnique},
		"foreign":    {"INSERT INTO pair VALUES (2, 99)", nil, 5, 0, djangodb.SQLite.IsForeign},
		"no such":    {"INSERT INTO nothing VALUES (1)", nil, 1, 0, func(err error) bool { return err != nil }},
		"own answer": {"SELECT 1", stop, 1, 0, func(err error) bool { return errors.Is(err, stop) }},
	} {
		db := open(t, tempFile(t))
		exec(t, db, "CREATE TABLE pair (id integer PRIMARY KEY, other integer NOT NULL REFERENCES pair (id))")
		runs := 0
		err := djangodb.DB{DB: db.DB}.Transact(t.Context(), func(tx *sql.Conn) error {
			runs++
			if _, err := tx.ExecContext(t.Context(), "INSERT INTO pair VALUES (1, 1)"); err != nil {
				return err
			}
			if _, err := tx.ExecContext(t.Context(), c.second); err != nil {
				return err
			}
			return c.stop
		})
		if rows := lines(t, db, "SELECT id FROM pair"); runs != c.runs || len(rows) != c.rows || !c.want(err) {
			t.Errorf("%s: %d runs, rows %q, error %v", name, runs, rows, err)
		}
	}
}

// TestTransactSeesWhatCameMeanwhile: a row that was in the way is there the
// next time.
func TestTransactSeesWhatCameMeanwhile(t *testing.T) {
	db := open(t, tempFile(t))
	exec(t, db, "CREATE TABLE one (id integer PRIMARY KEY)", "INSERT INTO one VALUES (1)")
	runs := 0
	err := djangodb.DB{DB: db.DB}.Transact(t.Context(), func(tx *sql.Conn) error {
		runs++
		if runs == 1 {
			_, err := tx.ExecContext(t.Context(), "INSERT INTO one VALUES (1)")
			return err
		}
		_, err := tx.ExecContext(t.Context(), "INSERT INTO one VALUES (2)")
		return err
	})
	if rows := lines(t, db, "SELECT id FROM one"); runs != 2 || len(rows) != 2 || err != nil {
		t.Errorf("%d runs, rows %q, error %v", runs, rows, err)
	}
}
