package devices

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/jamsession/jamsession/session"
)

// makeRoom ends what is too much for another device, or refuses that.
func (d *Devices) makeRoom(
	ctx context.Context, tx *sql.Conn, others []row, gone goneSessions, s *started,
) error {
	if d.opts.Max == 0 {
		return nil
	}
	alive := slices.DeleteFunc(slices.Clone(others), gone.has)
	over := d.tooMany(alive, time.Now())
	if len(over) > 0 && d.opts.WhenFull != EndOldest {
		s.refused = d.refusal(alive)
		return nil
	}
	if first := d.withKeys(over); len(first) > 0 {
		return sessionsFirst(first)
	}
	if len(others) >= d.opts.Max { // one that seems gone may be of a session that just gets another key
		over = append(over, slices.DeleteFunc(others, func(r row) bool { return !gone.has(r) })...)
	}
	for _, r := range over {
		ended, err := d.endRow(ctx, tx, r)
		if err != nil {
			return err
		}
		if !ended {
			continue
		}
		if !gone.has(r) || gone[r.seal] {
			s.limited++
		}
		if gone.has(r) {
			r.seal = "" // nothing is left to be deleted
		}
		s.ended = append(s.ended, r)
	}
	return nil
}

// goneSessions are sessions that are gone, by what their rows say of them. True are those that
// the login has ended which needs their room.
type goneSessions map[string]bool

func (g goneSessions) has(r row) bool {
	_, ok := g[r.seal]
	return ok
}

// goneOf returns those of a user that a Django site has ended. If the store cannot be asked, none
// count as gone.
func (d *Devices) goneOf(ctx context.Context, user string) (goneSessions, error) {
	if d.opts.Max == 0 || !d.rows.sessionsFirst() {
		return nil, nil
	}
	all, err := d.chosen(ctx, user, func(row) bool { return true })
	if err != nil {
		return nil, err
	}
	gone := make(goneSessions, len(all))
	for _, r := range all {
		gone[r.seal] = false
	}
	for _, r := range d.withSession(ctx, slices.Clone(all), "") {
		delete(gone, r.seal)
	}
	return gone, nil
}

// sessionsFirst is the error of a transaction that would delete the rows of sessions that live.
type sessionsFirst []row

func (sessionsFirst) Error() string { return "devices: sessions have to end before their rows" }

// withKeys returns those rows whose sessions have to end before them.
func (d *Devices) withKeys(rows []row) (some []row) {
	if !d.rows.sessionsFirst() {
		return nil
	}
	for _, r := range rows {
		if _, ok := d.rows.key(r); ok {
			some = append(some, r)
		}
	}
	return some
}

// endFirst ends sessions before their rows.
func (d *Devices) endFirst(ctx context.Context, rows []row, gone goneSessions) error {
	for _, r := range rows {
		key, _ := d.rows.key(r)
		if err := d.opts.Store.Delete(ctx, key); err != nil && !errors.Is(err, session.ErrNotFound) {
			return err
		}
		gone[r.seal] = true
	}
	return nil
}
