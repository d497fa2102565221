package scale

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"github.com/jamsession/jamsession/bench/report"
	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

// A clearing is one way to delete what has expired, and a table of its own to
// do it in. While gate is locked it waits; quiet is for how long the traffic
// then runs alone, a spell if zero.
type clearing struct {
	name  string
	table table
	do    func(ctx context.Context) (int, error)
	gate  sync.Locker
	quiet time.Duration
}

// managed clears as programs do.
func managed(t table, store session.Store, gate sync.Locker) clearing {
	return clearing{"ClearExpired", t, noerror.In(session.New(store, nil)).ClearExpired, gate, 0}
}

// unbounded clears as Django's clearsessions does: by one statement.
func unbounded(t table, db *sql.DB, d djangodb.Dialect, gate sync.Locker) clearing {
	return clearing{"one DELETE", t, func(ctx context.Context) (int, error) {
		result, err := db.ExecContext(ctx,
			d.Rebind("DELETE FROM django_session WHERE expire_date < ?"), d.EncodeTime(time.Now(), nil))
		if err != nil {
			return 0, err
		}
		n, err := result.RowsAffected()
		return int(n), err
	}, gate, 0}
}

// atOnce makes a clearing wait only before it begins: it is one round.
func (r *run) atOnce(way clearing) clearing {
	do := way.do
	way.gate = &sync.Mutex{}
	way.quiet = 10 * r.size.Spell
	way.do = func(ctx context.Context) (int, error) {
		way.gate.Lock()
		defer way.gate.Unlock()
		return do(ctx)
	}
	return way
}

// clearings measures each way to clear.
func (r *run) clearings(database string, rows int, ways ...clearing) []slowdown {
	t := report.Table{
		Title: fmt.Sprintf("Live traffic while %s of %s rows are deleted, %s",
			thousands(rows/expiredOneIn), thousands(rows), database),
		Note: fmt.Sprintf("%d reads and %d updates a second come on %s rows, whether or not"+
			" those before are done; to wait for a connection counts. Where deleting can be held"+
			" between two statements, it is every %g seconds, and the traffic runs alone for as"+
			" long: p50, p99 and how many times as long p99 is are medians of those rounds.",
			r.size.Traffic.Reads, r.size.Traffic.Updates, thousands(r.size.Hot), r.size.Spell.Seconds()),
		Columns: []string{
			"", "rounds", "seconds", "reads p50", "p99", "max", "times p99",
			"updates p50", "p99", "max", "times p99", "failed",
		},
	}
	var all []slowdown
	for _, way := range ways {
		rounds := r.clear(way, rows/expiredOneIn)
		slow := slowdown{
			reads:   times99(rounds, spell.ofReads),
			updates: times99(rounds, spell.ofUpdates),
		}
		t.Rows = append(t.Rows,
			row("nothing is deleted", rounds, round.whileQuiet, slowdown{1, 1}),
			row(way.name, rounds, round.whileBusy, slow))
		all = append(all, slow)
	}
	r.add(t)
	return all
}

// clear measures rounds until all is cleared.
func (r *run) clear(way clearing, expired int) (rounds []round) {
	writeBack() // to write back what was loaded is not measured
	r.warm(way.table)
	done := make(chan struct{})
	var failed error
	way.gate.Lock()
	go func() {
		defer close(done)
		n, err := way.do(r.ctx)
		if err == nil && n != expired {
			err = fmt.Errorf("%d rows were deleted, want %d", n, expired)
		}
		failed = err
	}()
	for over := false; !over; {
		quiet := r.size.Traffic.during(r.ctx, way.table, func() {
			over = r.wait(done, cmp.Or(way.quiet, r.size.Spell))
		})
		if over { // it had ended, and was not held
			break
		}
		way.gate.Unlock()
		busy := r.size.Traffic.during(r.ctx, way.table, func() {
			over = r.wait(done, r.size.Spell)
			way.gate.Lock() // the traffic runs until a statement has ended
		})
		rounds = append(rounds, round{quiet, busy})
	}
	way.gate.Unlock()
	<-done
	r.check(way.name, failed)
	r.logRounds(way.name, rounds)
	return rounds
}

// wait waits for a time, or until done, and reports whether it is done.
func (r *run) wait(done <-chan struct{}, most time.Duration) bool {
	select {
	case <-done:
		return true
	case <-r.ctx.Done():
		return true
	case <-time.After(most):
		return false
	}
}

func (r *run) logRounds(name string, rounds []round) {
	r.Logf("%s: %.1f s in %d rounds", name, took(rounds, round.whileBusy).Seconds(), len(rounds))
	for _, one := range rounds {
		quiet, busy := one.quiet, one.busy
		for _, t := range []*times{quiet.reads, quiet.updates, busy.reads, busy.updates} {
			if t.err != nil {
				r.Logf("%s: %d operations failed, such as: %v", name, t.failed, t.err)
			}
		}
	}
}
