package devices

import (
	"context"
	"database/sql"
	"log/slog"
	"sort"
	"sync"
	"time"

	"github.com/jamsession/jamsession/internal/panics"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/secret"
)

// maxWaiting is how many devices wait for their row to be written. More are left out: their
// next request comes again.
const maxWaiting = 10_000

// maxBatch is how many rows one transaction writes.
const maxBatch = 200

// A write is what a row is to say of the last request.
type write struct {
	user, id, address, agent string
	key                      secret.Text // of the session
	seen, until              time.Time
}

// A queue writes what requests do not wait for. It has one goroutine while there is
// something to write.
type queue struct {
	*waiting
	logger *slog.Logger
	write  func(ctx context.Context, batch []write) error
}

// waiting is the state of a queue.
type waiting struct {
	mu     sync.Mutex
	idle   sync.Cond // nobody writes
	by     map[string]write
	busy   bool
	closed bool
	rests  time.Time // nothing is taken before
}

func newQueue(logger *slog.Logger, do func(context.Context, []write) error) queue {
	w := &waiting{by: make(map[string]write)}
	w.idle.L = &w.mu
	return queue{w, logger, do}
}

// put never waits for the database.
func (q queue) put(w write) {
	q.mu.Lock()
	defer q.mu.Unlock()
	before, waits := q.by[w.id]
	if q.closed || !waits && len(q.by) >= maxWaiting || w.seen.Before(q.rests) {
		return
	}
	if w.key.Reveal() == "" {
		w.key = before.key
	}
	q.by[w.id] = w
	if !q.busy {
		q.busy = true
		panics.Go(q.run, panics.Log(q.logger, "devices: the rows of devices"))
	}
}

// run writes until nothing waits.
func (q queue) run() {
	defer q.stop() // after a panic; the next write starts another goroutine
	for batch := q.take(); len(batch) > 0; batch = q.take() {
		q.flush(batch)
	}
}

// take returns some of what waits. If nothing does, nobody writes any more.
func (q queue) take() []write {
	q.mu.Lock()
	defer q.mu.Unlock()
	var batch []write
	for id, w := range q.by {
		batch = append(batch, w)
		delete(q.by, id)
		if len(batch) == maxBatch {
			break
		}
	}
	if len(batch) == 0 {
		q.rest()
	}
	return batch
}

func (q queue) stop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.rest()
}

// rest notes that nobody writes. The caller holds the lock.
func (q queue) rest() {
	q.busy = false
	q.idle.Broadcast()
}

// restAfter is how long nothing is written after that has failed: each request would fail anew.
const restAfter = 10 * time.Second

// flush writes a batch. What the database does not take is left out, and so is all that waits:
// the next requests of these devices come again.
func (q queue) flush(batch []write) {
	ctx, cancel := context.WithTimeout(context.Background(), timelimit.Bulk)
	defer cancel()
	if err := q.write(ctx, batch); err != nil {
		q.logger.WarnContext(ctx, "devices: when devices were last seen is not written",
			slog.Int("devices", len(batch)), slog.Any("error", err))
		q.mu.Lock()
		defer q.mu.Unlock()
		clear(q.by)
		q.rests = time.Now().Add(restAfter)
	}
}

// close takes nothing more, and waits until what waits is written.
func (q queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for q.busy {
		q.idle.Wait()
	}
}

// write writes to rows, and deletes the sessions of logins that were ended meanwhile.
func (d *Devices) write(ctx context.Context, batch []write) error {
	late, err := d.writeRows(ctx, batch)
	if err != nil {
		return wrap(ctx, "write", err)
	}
	d.deleteSessions(ctx, late)
	d.deleteRemainsSometimes(ctx)
	return nil
}

// writeRows writes to rows in one transaction. It returns what remains of logins whose rows
// are not there any more, and whose sessions have got another key since.
func (d *Devices) writeRows(ctx context.Context, batch []write) (late []row, err error) {
	sort.Slice(batch, func(i, j int) bool { return batch[i].id < batch[j].id }) // as others do
	err = d.db.Transact(ctx, func(tx *sql.Conn) error {
		late = nil
		for _, w := range batch {
			there, err := d.rows.note(ctx, tx, w)
			if err == nil && !there {
				late, err = d.endKey(ctx, tx, w, late)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return late, err
}
