package devices

import (
	"context"
	"errors"
	"time"

	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
)

// keptAfter is how long after its end a row is kept: what prolongs it may be late, or lost
// while the database could not be written to.
const keptAfter = 24 * time.Hour

// batch is how many rows one statement deletes.
const batch = 1000

// ClearExpired deletes the rows of logins whose sessions ended more than a day ago, in
// batches, and the addresses that are older than Options.AddressAge. It returns how many rows
// it has deleted. The row of a session that Options.Store still has is prolonged instead: a
// Django site prolongs sessions, and not rows. It also deletes the sessions of logins that were
// ended, as far as that has failed so far.
func (d *Devices) ClearExpired(ctx context.Context) (int, error) {
	d.deleteRemains(ctx)
	total, end := 0, time.Now().Add(-keptAfter)
	for after := ""; ; {
		rows, err := d.expired(ctx, end, after)
		if err != nil {
			return total, err
		}
		for _, r := range rows {
			gone, err := d.clearRow(ctx, r, end)
			if err != nil {
				return total, err
			}
			if gone {
				total++
			}
			after = r.id
		}
		if len(rows) < batch {
			return total, d.clearAddresses(ctx)
		}
	}
}

// expired returns rows that have ended, in the order of their ids.
func (d *Devices) expired(ctx context.Context, end time.Time, after string) ([]row, error) {
	ctx, cancel := context.WithTimeout(ctx, timelimit.Bulk)
	defer cancel()
	rows, err := d.rows.expired(ctx, end, after)
	return rows, wrap(ctx, "clear", err)
}

// clearRow deletes a row, unless its session lives, or it was prolonged meanwhile.
func (d *Devices) clearRow(ctx context.Context, r row, end time.Time) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, timelimit.Bulk)
	defer cancel()
	if !r.isRemains() {
		until, alive, err := d.sessionOf(ctx, r)
		if err != nil {
			return false, err
		}
		if alive {
			return false, d.keeper.Keep(ctx, r.user, r.id, until)
		}
	}
	gone, err := d.rows.drop(ctx, r, end)
	return gone, wrap(ctx, "clear", err)
}

// sessionOf returns until when the session of a row lives, if its key is known.
func (d *Devices) sessionOf(ctx context.Context, r row) (until time.Time, alive bool, err error) {
	key, ok := d.rows.key(r)
	if !ok || d.opts.Store == nil {
		return time.Time{}, false, nil
	}
	rec, err := d.opts.Store.Load(ctx, key)
	switch {
	case errors.Is(err, session.ErrNotFound):
		return time.Time{}, false, nil
	case err != nil:
		return time.Time{}, false, wrap(ctx, "look for a session", err)
	case rec.Expiry.IsZero(): // not known; ask again next week
		return time.Now().Add(7 * 24 * time.Hour), true, nil
	}
	return rec.Expiry, true, nil
}

// clearAddresses empties the addresses that are too old, in batches of the table.
func (d *Devices) clearAddresses(ctx context.Context) error {
	if d.opts.AddressAge == 0 {
		return nil
	}
	end := time.Now().Add(-d.opts.AddressAge)
	for after := ""; ; {
		last, err := d.clearNextAddresses(ctx, after, end)
		if err != nil || last == "" {
			return wrap(ctx, "clear addresses", err)
		}
		after = last
	}
}

func (d *Devices) clearNextAddresses(
	ctx context.Context, after string, end time.Time,
) (last string, err error) {
	ctx, cancel := context.WithTimeout(ctx, timelimit.Bulk)
	defer cancel()
	return d.rows.clearAddresses(ctx, after, end)
}

// endEverybody deletes the rows of all logins below a floor or older than before, in batches: who
// is thrown out may log in again meanwhile.
func (d *Devices) endEverybody(ctx context.Context, floor, before int64) error {
	defer d.changed(everybody)
	total := 0
	for after := ""; ; {
		last, n, err := d.rows.deleteNext(ctx, after, floor, before)
		if total += n; err != nil {
			return wrap(ctx, "end", err)
		}
		if last == "" {
			if total > 0 {
				d.tell(EventEnded, "", "")
			}
			return nil
		}
		after = last
	}
}
