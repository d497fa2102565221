package scale

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jamsession/jamsession/bench/report"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// A clearing is one way to delete what has expired, and a table of its own to
// do it in.
type clearing struct {
	name  string
	table table
	do    func(ctx context.Context) (int, error)
}

// managed clears as programs do.
func managed(t table) clearing {
	return clearing{"ClearExpired", t, session.New(t.store, nil).ClearExpired}
}

// unbounded clears as Django's clearsessions does: by one statement, and
// another program's connection.
func unbounded(t table, db *sql.DB, d sqlstore.Dialect) clearing {
	return clearing{"one DELETE", t, func(ctx context.Context) (int, error) {
		result, err := db.ExecContext(ctx,
			d.Rebind("DELETE FROM django_session WHERE expire_date < ?"), d.EncodeTime(time.Now(), nil))
		if err != nil {
			return 0, err
		}
		n, err := result.RowsAffected()
		return int(n), err
	}}
}

// A slowdown is how many times as long the slowest hundredth of the
// operations takes at least, compared with a quiet time.
type slowdown struct{ reads, updates float64 }

// clearings measures each way to clear: the traffic alone, and then the same
// traffic while rows are deleted.
func (r *run) clearings(database string, rows int, ways ...clearing) []slowdown {
	t := report.Table{
		Title: fmt.Sprintf("Live traffic while %s of %s rows are deleted, %s",
			thousands(rows/expiredOneIn), thousands(rows), database),
		Note: fmt.Sprintf("%d reads and %d updates a second come on %s rows, whether or not"+
			" those before are done; to wait for a connection counts.",
			r.size.Traffic.Reads, r.size.Traffic.Updates, thousands(r.size.Hot)),
		Columns: []string{
			"", "seconds", "reads p50", "p99", "max", "times p99",
			"updates p50", "p99", "max", "times p99", "failed",
		},
	}
	var all []slowdown
	for _, way := range ways {
		quiet, busy := r.clear(way, rows/expiredOneIn)
		s := slowdown{
			reads:   ratio(busy.reads, quiet.reads),
			updates: ratio(busy.updates, quiet.updates),
		}
		t.Rows = append(t.Rows, quiet.row("nothing is deleted", slowdown{1, 1}), busy.row(way.name, s))
		all = append(all, s)
	}
	r.add(t)
	return all
}

func (r *run) clear(way clearing, expired int) (quiet, busy spell) {
	r.warm(way.table)
	quiet, err := r.size.Traffic.during(r.ctx, way.table, func() error {
		select {
		case <-time.After(r.size.Quiet):
		case <-r.ctx.Done():
		}
		return r.ctx.Err()
	})
	r.check("quiet traffic", err)
	busy, err = r.size.Traffic.during(r.ctx, way.table, func() error {
		n, err := way.do(r.ctx)
		if err == nil && n != expired {
			err = fmt.Errorf("%d rows were deleted, want %d", n, expired)
		}
		return err
	})
	r.check(way.name, err)
	r.Logf("%s: %.1f s", way.name, busy.took.Seconds())
	for _, t := range []*times{quiet.reads, quiet.updates, busy.reads, busy.updates} {
		if t.err != nil {
			r.Logf("%s: %d operations failed, such as: %v", way.name, t.failed, t.err)
		}
	}
	return quiet, busy
}

func ratio(busy, quiet *times) float64 {
	return float64(busy.quantile(0.99)) / float64(quiet.quantile(0.99))
}

// row shows a spell in the columns of clearings.
func (s spell) row(name string, slow slowdown) []string {
	row := []string{name, report.Number(s.took.Seconds())}
	for _, part := range []struct {
		times *times
		slow  float64
	}{{s.reads, slow.reads}, {s.updates, slow.updates}} {
		for _, q := range []float64{0.5, 0.99, 1} {
			row = append(row, report.Nanos(float64(part.times.quantile(q))))
		}
		row = append(row, report.Number(part.slow))
	}
	return append(row, fmt.Sprint(s.reads.failed+s.updates.failed))
}
