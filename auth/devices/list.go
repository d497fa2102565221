package devices

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/jamsession/jamsession/internal/devicekeeper"
)

// ErrNoDevice says that the user has no device of this id, or that it was ended already.
var ErrNoDevice = errors.New("devices: no such device")

// List returns the visitor's devices: the one that asks first, then those that were seen
// last. It is empty for an anonymous visitor. There are a thousand at most.
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
	rows, err := d.rows.list(ctx, user, own, now)
	if err != nil {
		return nil, wrap(ctx, "list", err)
	}
	var all []Device
	for _, r := range rows {
		all = append(all, d.device(r, own, now))
	}
	return all, nil
}
