package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/jamsession/jamsession/internal/authsession"
	"github.com/jamsession/jamsession/internal/devicekeeper"
	"github.com/jamsession/jamsession/session"
)

// A DeviceKeeper keeps a row for each login that is alive. What devices.New returns is one;
// no other package can have one.
type DeviceKeeper interface {
	// Keeper returns nil while there is no place for the rows yet: no login has one then.
	Keeper() devicekeeper.Keeper
}

// keeper returns the keeper of the rows of logins; nil if there is none.
func (m *Manager) keeper() devicekeeper.Keeper {
	if m.opts.Devices == nil {
		return nil
	}
	k := m.opts.Devices.Keeper()
	if k != nil && m.attached.Load() != any(attachedTo{k}) {
		k.Attach(deviceManager{m})
		m.attached.Store(attachedTo{k})
	}
	return k
}

type attachedTo struct{ devicekeeper.Keeper } // one type for an atomic.Value

// endBelow deletes the rows of logins that a floor has ended; of everybody's if there is no
// user. Most of these rows only serve the list by now; that of a visitor who was ending all
// other devices may be above the floor, and is older than before.
func (m *Manager) endBelow(ctx context.Context, userID string, floor int64, before time.Time) {
	m.endDevices(ctx, func(ctx context.Context, k devicekeeper.Keeper) error {
		return k.EndBelow(ctx, userID, floor, before)
	})
}

// otherDevices returns the rows of a user, except the one that the request is made on.
func (m *Manager) otherDevices(ctx context.Context, userID string) (ids []string) {
	m.endDevices(ctx, func(ctx context.Context, k devicekeeper.Keeper) (err error) {
		ids, err = k.IDs(ctx, userID)
		return err
	})
	if len(ids) == 0 {
		return nil
	}
	own := m.ownDevice(ctx, userID)
	return slices.DeleteFunc(ids, func(id string) bool { return id == own })
}

// endSome deletes rows of logins that have ended already.
func (m *Manager) endSome(ctx context.Context, userID string, ids []string) {
	m.endDevices(ctx, func(ctx context.Context, k devicekeeper.Keeper) error {
		return k.EndSome(ctx, userID, ids)
	})
}

// endDevices asks the keeper for the end of logins, if there is one. If that fails, rows are
// listed whose logins have ended.
func (m *Manager) endDevices(ctx context.Context, do func(context.Context, devicekeeper.Keeper) error) {
	k := m.keeper()
	if k == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), m.opts.Timeout)
	defer cancel()
	if err := do(ctx, k); err != nil {
		m.opts.Logger.ErrorContext(ctx, "auth: not all devices of ended logins are deleted",
			slog.Any("error", err))
	}
}

// ownDevice returns the device that a request of the user is made on; "" if it is not one.
func (m *Manager) ownDevice(ctx context.Context, userID string) string {
	x := exchangeOf(ctx)
	if x == nil {
		return ""
	}
	user, err := Load(x.req.WithContext(ctx))
	if err != nil || user.ID != userID {
		return ""
	}
	s, err := session.Load(x.req)
	if err != nil {
		return ""
	}
	return m.deviceOf(s).id
}

// deviceManager is what package devices sees of a manager.
type deviceManager struct{ m *Manager }

// RaiseFloor raises the floor of a user of any backend. One that could not be asked matters more
// than one that keeps none.
func (d deviceManager) RaiseFloor(ctx context.Context, userID string) error {
	var none, failed error
	for _, b := range d.m.backends {
		switch _, err := raiseFloor(ctx, b, User{ID: userID, Backend: b.Name()}); {
		case errors.Is(err, ErrNoFloors):
			none = err
		case err != nil:
			failed = errors.Join(failed, err)
		}
	}
	if failed != nil {
		return failed
	}
	return none
}

func init() {
	devicekeeper.Visitor = visit
	devicekeeper.Attach = func(manager any) { manager.(*Manager).keeper() }
}

// visit is devicekeeper.Visitor.
func visit(r *http.Request, k devicekeeper.Keeper) (devicekeeper.Visit, error) {
	user, err := Load(r)
	if err != nil || !user.IsAuthenticated() {
		return devicekeeper.Visit{}, err
	}
	m := exchangeOf(r.Context()).m
	if m.keeper() != k {
		return devicekeeper.Visit{}, nil
	}
	s, err := session.Load(r)
	if err != nil {
		return devicekeeper.Visit{}, err
	}
	b, err := m.backendOf(user)
	if err != nil {
		return devicekeeper.Visit{}, fmt.Errorf("%w: %w", errUnavailable, err)
	}
	v := devicekeeper.Visit{
		UserID: user.ID, ID: deviceItem.Get(s, ""), Floor: user.LoginFloor,
		RaiseFloor: func(ctx context.Context) (time.Time, error) { return raiseFloor(ctx, b, user) },
		SetFloor:   func(floor time.Time) { floorItem.Set(s, floor.Unix()) },
		Manager:    deviceManager{m}, Backend: b.Name(), State: stateOf(user), Login: watchedLogin(s, user),
	}
	v.Key, v.Until = authsession.RecordOf(s)
	if v.Until.IsZero() {
		v.Until = s.ExpiryDate()
	}
	return v, nil
}
