package devices

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/jamsession/jamsession/internal/devicekeeper"
	"github.com/jamsession/jamsession/internal/recordkeys"
)

// ErrNoDevice says that the user has no device of this id, or that it was ended already.
var ErrNoDevice = errors.New("devices: no such device")

// List returns the visitor's devices: the one that asks first, then those that were seen
// last. It is empty for an anonymous visitor. There are a thousand at most. Of the last hundred,
// those whose sessions a Django site has ended are left out, if Options.Store says so.
func (d *Devices) List(r *http.Request) ([]Device, error) {
	v, err := devicekeeper.Visitor(r, &d.keeper)
	if err != nil || v.UserID == "" {
		return nil, err
	}
	list, err := d.list(r.Context(), v.UserID, v.ID)
	slices.SortStableFunc(list, func(a, b Device) int { return cmp.Compare(order(a), order(b)) })
	return list, err
}

// order puts the current device first.
func order(d Device) int {
	if d.Current {
		return 0
	}
	return 1
}

// ListUser returns the devices of a user, as [Devices.List] does, for administrators: check
// that the visitor is one.
func (d *Devices) ListUser(ctx context.Context, userID string) ([]Device, error) {
	return d.list(ctx, userID, "")
}

func (d *Devices) list(ctx context.Context, user, own string) ([]Device, error) {
	ctx, cancel := d.limit(ctx)
	defer cancel()
	if user == "" {
		return nil, nil
	}
	now := time.Now()
	rows, err := d.rows.list(ctx, user, own, now.Add(-keptAfter))
	if err != nil {
		return nil, wrap(ctx, "list", err)
	}
	var all []Device
	found := d.sessionsOf(ctx, rows, own)
	for _, r := range rows {
		there, known := found[r.id]
		if !known { // a Django site may have prolonged what is over here, but nobody can tell
			there = r.isLive(now)
		}
		if there || r.id == own {
			all = append(all, d.device(r, own, now))
		}
	}
	return all, nil
}

// maxAsked is for how many devices of a list the store is asked.
const maxAsked = 100

// withSession returns those rows whose sessions are there, as far as that can be found out, and
// the visitor's own.
func (d *Devices) withSession(ctx context.Context, rows []row, own string) []row {
	found := d.sessionsOf(ctx, rows, own)
	return slices.DeleteFunc(rows, func(r row) bool {
		there, known := found[r.id]
		return known && !there
	})
}

// sessionsOf says which sessions are there of those rows for which the store can be asked.
func (d *Devices) sessionsOf(ctx context.Context, rows []row, own string) map[string]bool {
	var of, keys []string
	for _, r := range rows[:min(len(rows), maxAsked)] {
		if key, known := d.rows.key(r); known && r.id != own {
			of, keys = append(of, r.id), append(keys, key)
		}
	}
	if d.opts.Store == nil || len(keys) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, sessionsTime)
	defer cancel()
	there, err := recordkeys.Exist(ctx, d.opts.Store, keys)
	found := make(map[string]bool, len(of))
	for i, id := range of {
		if recordkeys.Known(err, i) {
			found[id] = there[i]
		}
	}
	return found
}
