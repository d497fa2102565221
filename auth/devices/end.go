package devices

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/devicekeeper"
)

// End ends one of the visitor's devices: when it returns, no request of that login succeeds
// any more, in any process. For the visitor's own, call auth's Logout. The error is
// [ErrNoDevice] if the visitor does not have such a device.
func (d *Devices) End(r *http.Request, id string) error {
	v, err := devicekeeper.Visitor(r, &d.keeper)
	if err != nil {
		return err
	}
	return d.endOne(r.Context(), v.UserID, id, v.ID)
}

// EndDevice ends a device of a user, as [Devices.End], for administrators.
func (d *Devices) EndDevice(ctx context.Context, userID, id string) error {
	return d.endOne(ctx, userID, id, "")
}

func (d *Devices) endOne(ctx context.Context, user, id, own string) error {
	if user == "" || !d.rows.isID(id) {
		return ErrNoDevice
	}
	ended, err := d.deleteRows(ctx, user, hasID(id), d.endRow)
	switch {
	case err != nil:
		return err
	case len(ended) == 0:
		return ErrNoDevice
	case id != own: // that request may still store its session, which is then left to deleteRemains
		d.deleteSessions(ctx, ended)
	}
	return nil
}

// EndOthers ends all devices of the visitor but the one that asks, and returns how many. It
// also ends logins that nobody here has seen, such as those of a Django site, by the floor of
// auth.Manager.EndSessions: as a Django site does not say when a login was, new logins there
// are refused here for auth's Options.FloorAge. If there is no place for floors, that is
// logged, and the logins that nobody has seen go on.
//
// The error is [ErrNoDevice] for a visitor who is anonymous, or has been ended meanwhile.
func (d *Devices) EndOthers(r *http.Request) (int, error) {
	v, err := devicekeeper.Visitor(r, &d.keeper)
	if err != nil {
		return 0, err
	}
	switch {
	case v.UserID == "":
		return 0, ErrNoDevice
	case v.ID == "": // nothing could be written, just now; nobody must believe that others have ended
		return 0, wrap(r.Context(), "end others", errNotAdopted)
	}
	ctx, cancel := d.limit(r.Context())
	defer cancel()
	if err := d.raiseFloor(ctx, v); err != nil {
		return 0, err
	}
	ended, err := d.deleteRows(ctx, v.UserID, func(r row) bool { return r.id != v.ID }, d.endRow)
	if err != nil {
		return 0, err
	}
	d.deleteSessions(ctx, ended)
	return len(ended), nil
}

var errNotAdopted = errors.New("the visitor's login does not have a row yet")

// raiseFloor raises the floor of the visitor's logins, and spares the visitor's own. The row
// says first that it knows of a floor as high as the next one will be: another request of
// the visitor may see the floor before this one has ended, and would end its own session.
func (d *Devices) raiseFloor(ctx context.Context, v devicekeeper.Visit) error {
	next := max(time.Now().Unix(), v.Floor.Unix()) + 2
	if err := d.spare(ctx, v, next); err != nil {
		return err
	}
	floor, err := v.RaiseFloor(ctx)
	if errors.Is(err, auth.ErrNoFloors) {
		d.opts.Logger.WarnContext(ctx, "devices: logins that nobody has seen here are not ended",
			slog.Any("error", err))
		return nil
	}
	if err != nil {
		return err
	}
	if floor.Unix() != next { // no higher, or it would not end with what ends all
		if err := d.spare(ctx, v, floor.Unix()); err != nil {
			return err
		}
	}
	v.SetFloor(floor)
	return nil
}

// spare notes up to which floor the visitor's own login is not ended.
func (d *Devices) spare(ctx context.Context, v devicekeeper.Visit, floor int64) error {
	found := false
	err := d.db.Transact(ctx, func(tx *sql.Conn) (err error) {
		found, err = d.rows.spare(ctx, tx, v.UserID, v.ID, floor)
		return err
	})
	if err == nil && !found {
		return ErrNoDevice
	}
	return wrap(ctx, "end others", err)
}

// EndAll ends all devices of a user, for administrators, and returns how many. It also ends
// the logins that nobody here has seen, as [Devices.EndOthers] does.
func (d *Devices) EndAll(ctx context.Context, userID string) (int, error) {
	ctx, cancel := d.limit(ctx)
	defer cancel()
	if userID == "" {
		return 0, ErrNoDevice
	}
	err := d.endUnseen(ctx, userID)
	if err != nil && !errors.Is(err, auth.ErrNoFloors) {
		return 0, err
	}
	if err != nil {
		d.opts.Logger.WarnContext(ctx, "devices: logins that nobody has seen here are not ended",
			slog.Any("error", err))
	}
	ended, err := d.deleteRows(ctx, userID, func(row) bool { return true }, d.endRow)
	if err != nil {
		return 0, err
	}
	d.deleteSessions(ctx, ended)
	return len(ended), nil
}

// endUnseen ends the logins of a user that have no row.
func (d *Devices) endUnseen(ctx context.Context, userID string) error {
	m := d.keeper.manager.Load()
	if m == nil {
		return auth.ErrNoFloors
	}
	return (*m).RaiseFloor(ctx, userID)
}

// deleteRows deletes those rows of a user that are chosen, by endRow or deleteRow, tells of
// them, and returns them.
func (d *Devices) deleteRows(
	ctx context.Context, user string, choose func(row) bool,
	remove func(context.Context, *sql.Conn, row) (bool, error),
) ([]row, error) {
	ctx, cancel := d.limit(ctx)
	defer cancel()
	if d.rows.sessionsFirst() {
		return d.deleteWithSessions(ctx, user, choose)
	}
	var ended []row
	err := d.db.Transact(ctx, func(tx *sql.Conn) error {
		ended = nil
		rows, err := d.rows.ofUser(ctx, tx, user)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if !choose(r) {
				continue
			}
			gone, err := remove(ctx, tx, r)
			if err != nil {
				return err
			}
			if gone {
				ended = append(ended, r)
			}
		}
		return nil
	})
	if err != nil {
		return nil, wrap(ctx, "end", err)
	}
	d.changed(user) // also if no row has
	for _, r := range ended {
		d.tell(EventEnded, user, r.id)
	}
	return ended, nil
}
