package djangodb_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/silentdb"
)

// TestTransactionEndsWithItsContextAtEachStep: while it begins, in the middle
// and while it commits, with a second to undo it. Nothing of it is left, and
// the pool is not stuck.
func TestTransactionEndsWithItsContextAtEachStep(t *testing.T) {
	for _, step := range []string{"begin", "middle", "commit"} {
		synctest.Test(t, func(t *testing.T) {
			db := silentdb.Open(t)
			defer func() { _ = db.Close() }()
			db.SetMaxOpenConns(1)
			if _, err := db.ExecContext(t.Context(), "CREATE TABLE one (id integer PRIMARY KEY)"); err != nil {
				t.Fatal(err)
			}
			db.Silence(step == "begin")
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			begin := time.Now()
			err := djangodb.DB{DB: db.DB}.Transact(ctx, func(tx *sql.Conn) error {
				if _, err := tx.ExecContext(ctx, "INSERT INTO one VALUES (1)"); err != nil {
					return err
				}
				db.Silence(true)
				if step == "commit" {
					return nil
				}
				_, err := tx.ExecContext(ctx, "INSERT INTO one VALUES (2)")
				return err
			})
			if took := time.Since(begin); took > 6*time.Second || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v after %v, want the context's error after 5s", step, err, took)
			}
			db.Silence(false)
			var n int
			if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM one").Scan(&n); err != nil || n != 0 {
				t.Errorf("%s: %d rows, %v, want none", step, n, err)
			}
		})
	}
}

// TestMigrationThatGetsNoAnswerEnds, when it looks and when it makes tables.
func TestMigrationThatGetsNoAnswerEnds(t *testing.T) {
	for _, c := range []struct {
		name string
		call func(context.Context, djangodb.DB) error
		most time.Duration
	}{
		{"Plan", func(ctx context.Context, db djangodb.DB) error {
			_, err := db.Plan(ctx, djangodb.Sessions)
			return err
		}, time.Minute},
		{"Migrate", func(ctx context.Context, db djangodb.DB) error {
			_, err := db.Migrate(ctx, djangodb.Sessions)
			return err
		}, 15*time.Minute + 2*time.Second},
		{"HasOwn", func(ctx context.Context, db djangodb.DB) error {
			_, err := db.HasOwn(ctx, djangodb.OwnTable{Name: "x"})
			return err
		}, time.Minute},
		{"MakeOwn", func(ctx context.Context, db djangodb.DB) error {
			_, err := db.MakeOwn(ctx, djangodb.OwnTable{Name: "x"})
			return err
		}, 15*time.Minute + 2*time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			db := silentdb.Open(t)
			defer func() { _ = db.Close() }()
			if err := db.PingContext(t.Context()); err != nil {
				t.Fatal(err)
			}
			db.Silence(true)
			begin := time.Now()
			err := c.call(context.WithoutCancel(t.Context()), djangodb.DB{DB: db.DB})
			if took := time.Since(begin); took > c.most || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v after %v, want an end after %v at most", c.name, err, took, c.most)
			}
		})
	}
}
