package devices

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"github.com/jamsession/jamsession/session"
)

// What remains of a login that was ended is its session, which opens nothing here, but does at
// a Django site. Until that is deleted, the table keeps its key: if this process is
// killed, or the store fails, another process finds it there and tries again.

// isRemains reports whether a row is what remains of a login.
func (r row) isRemains() bool { return r.user == "" && r.seal != "" }

// endRow deletes a row of a user within a transaction, except what remains of it, and
// reports whether it was there.
func (d *Devices) endRow(ctx context.Context, tx *sql.Conn, r row) (bool, error) {
	table, ok := d.rows.(remainder)
	_, known := d.rows.key(r)
	switch {
	case ok && !known:
		return table.bar(ctx, tx, r)
	case !ok || d.opts.Store == nil:
		return d.deleteRow(ctx, tx, r)
	}
	return table.leave(ctx, tx, r)
}

// deleteRow is endRow for a login whose session this package does not care for.
func (d *Devices) deleteRow(ctx context.Context, tx *sql.Conn, r row) (bool, error) {
	return d.rows.delete(ctx, tx, r.user, r.id)
}

// endKey adds to what remains of logins a session that got its key when its login was just ended.
func (d *Devices) endKey(ctx context.Context, tx *sql.Conn, w write, late []row) ([]row, error) {
	table, ok := d.rows.(remainder)
	if !ok || d.opts.Store == nil {
		return late, nil
	}
	r, err := table.leaveNew(ctx, tx, w)
	return append(late, r), err
}

// sessionsTime limits the deletion of sessions while somebody waits.
const sessionsTime = 2 * time.Second

// deleteSessions deletes the sessions of logins that were ended, as far as their keys are known
// and time allows, and what remains of them.
func (d *Devices) deleteSessions(ctx context.Context, rows []row) {
	if d.opts.Store == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sessionsTime)
	defer cancel()
	for _, r := range rows {
		if err := d.deleteSession(ctx, r); err != nil {
			d.opts.Logger.WarnContext(ctx, "devices: the session of an ended login is not deleted yet",
				slog.String("device", r.id), slog.Any("error", err))
			return // the others would wait, too
		}
	}
}

func (d *Devices) deleteSession(ctx context.Context, r row) error {
	if key, ok := d.rows.key(r); ok {
		if err := d.opts.Store.Delete(ctx, key); err != nil && !errors.Is(err, session.ErrNotFound) {
			return err
		}
	}
	if table, ok := d.rows.(remainder); ok && r.seal != "" {
		return wrap(ctx, "end", table.forget(ctx, r))
	}
	return nil
}

const (
	// remainsEvery is how often a process looks for what others have left.
	remainsEvery = time.Minute

	// remainsAfter is how long whoever has ended a login has for its session. A request
	// that has ended itself may still store it.
	remainsAfter = 10 * time.Second
)

// deleteRemainsSometimes is deleteRemains once a minute.
func (d *Devices) deleteRemainsSometimes(ctx context.Context) {
	now, last := time.Now().UnixMicro(), d.lookedForRemains.Load()
	if last <= now && now < last+remainsEvery.Microseconds() {
		return
	}
	if d.lookedForRemains.CompareAndSwap(last, now) {
		d.deleteRemains(ctx)
	}
}

// deleteRemains deletes sessions of logins that were ended some time ago. It stops at the first
// that cannot be deleted.
func (d *Devices) deleteRemains(ctx context.Context) {
	table, ok := d.rows.(remainder)
	if !ok || d.opts.Store == nil {
		return
	}
	rows, err := table.remains(ctx, time.Now().Add(-remainsAfter))
	if err != nil {
		d.opts.Logger.WarnContext(ctx, "devices: sessions of ended logins are not looked for",
			slog.Any("error", wrap(ctx, "look for sessions", err)))
		return
	}
	d.deleteSessions(ctx, rows)
}
