package djangodb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/jamsession/jamsession/internal/jitter"
)

// maxRuns is how often a transaction is run.
const maxRuns = 5

// Transact runs fn in a transaction, and commits it unless fn returns an
// error. The whole is repeated if the database undid it in favour of another,
// and if another's row was in the way: one that came meanwhile is seen the
// next time. So fn may run several times, and its last error is returned.
//
// It ends with ctx also while it commits: the Commit of a *sql.Tx waits for the
// server's answer as long as that takes.
func (db DB) Transact(ctx context.Context, fn func(*sql.Conn) error) (err error) {
	for round := 1; ; round++ {
		err = db.transact(ctx, fn)
		spent := db.Renew(ctx, err)
		if err == nil || !spent && !db.Dialect.worthRepeating(err) ||
			round == maxRuns || jitter.Pause(ctx, round) != nil {
			return err
		}
	}
}

// worthRepeating reports whether the next run of a transaction may end better.
func (d Dialect) worthRepeating(err error) bool {
	return errors.Is(err, driver.ErrBadConn) || dialects[d].isPassing(err) ||
		d.IsUnique(err) || d.IsForeign(err)
}

func (db DB) transact(ctx context.Context, fn func(*sql.Conn) error) error {
	if err := db.queue.Enter(func() int { return db.Stats().MaxOpenConnections }); err != nil {
		return err
	}
	defer db.queue.Leave()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	committed := false
	defer func() {
		if !committed {
			cleanUp(ctx, conn, "ROLLBACK")
		}
	}()
	for _, statement := range dialects[db.Dialect].beginRows {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("begin: %w", err)
		}
	}
	if err := fn(conn); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "COMMIT")
	committed = err == nil
	return err
}

// cleanUpTime is how long a server has to undo what failed. It undoes it all
// the same when the connection is closed.
const cleanUpTime = time.Second

// cleanUp runs a statement even if ctx is done. A connection that cannot do
// even that, or not soon, must not go back into the pool.
func cleanUp(ctx context.Context, conn *sql.Conn, statement string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	if _, err := conn.ExecContext(ctx, statement); err != nil {
		end(conn)
	}
}
