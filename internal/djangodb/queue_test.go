package djangodb_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/poolqueue"
)

// TestNobodyJoinsAQueueWithoutEnd: while somebody has the only connection, a thousand calls
// wait, and the next is refused at once, whatever it is. Later all are as before.
func TestNobodyJoinsAQueueWithoutEnd(t *testing.T) {
	pool := noerror.In(sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "db")))
	defer func() { _ = pool.Close() }()
	pool.SetMaxOpenConns(1)
	db := noerror.In(djangodb.New(django.Database{DB: pool}))
	stmt := noerror.In(db.Prepare(t.Context(), "SELECT ?"))
	defer func() { _ = stmt.Close() }()
	held := noerror.In(pool.Conn(t.Context()))

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var waiting sync.WaitGroup
	for range poolqueue.Least + 1 {
		waiting.Go(func() {
			if _, err := stmt.Exec(ctx, 1); !errors.Is(err, context.Canceled) {
				t.Errorf("one that waited: %v", err)
			}
		})
	}
	for pool.Stats().WaitCount < poolqueue.Least+1 {
		runtime.Gosched()
	}
	var one int
	_, execErr := stmt.Exec(t.Context(), 1)
	for doing, err := range map[string]error{
		"Exec": execErr, "One": stmt.One(t.Context(), []any{1}, &one),
		"Transact": db.Transact(t.Context(), func(*sql.Conn) error { return nil }),
	} {
		if !errors.Is(err, poolqueue.ErrFull) {
			t.Errorf("%s in a full queue: %v", doing, err)
		}
	}
	cancel()
	waiting.Wait()
	_ = held.Close()
	if err := stmt.One(t.Context(), []any{1}, &one); err != nil || one != 1 {
		t.Errorf("afterwards: %d, %v", one, err)
	}
}
