package devices

import (
	"context"
	"database/sql"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/jamsession/jamsession/internal/devicekeeper"
	"github.com/jamsession/jamsession/secret"
)

// A keeper is what package auth sees of the devices.
type keeper struct {
	d       *Devices
	manager atomic.Pointer[devicekeeper.Manager]
}

var _ devicekeeper.TableKeeper = (*keeper)(nil)

// Pool implements devicekeeper.TableKeeper.
func (k *keeper) Pool() *sql.DB { return k.d.db.DB }

// Attach implements devicekeeper.Keeper.
func (k *keeper) Attach(m devicekeeper.Manager) { k.manager.Store(&m) }

// Look implements devicekeeper.Keeper.
func (k *keeper) Look(ctx context.Context, userID, id string) (devicekeeper.State, error) {
	ctx, cancel := k.d.limit(ctx)
	defer cancel()
	r, ok, err := k.d.find(ctx, userID, id)
	if err != nil || !ok {
		return devicekeeper.State{}, wrap(ctx, "look", err)
	}
	return devicekeeper.State{Seen: time.UnixMicro(r.seen), Floor: r.notBefore}, nil
}

// Use implements devicekeeper.Keeper.
func (k *keeper) Use(r *http.Request, u devicekeeper.Use) {
	k.d.inUse.note(u.ID, time.Now())
	k.d.writes.put(write{
		user: u.UserID, id: u.ID, key: secret.New(u.Key), until: u.Until,
		seen: time.Now(), address: k.d.addressOf(r),
	})
}

// Keep implements devicekeeper.Keeper.
func (k *keeper) Keep(ctx context.Context, userID, id string, until time.Time) error {
	ctx, cancel := k.d.limit(ctx)
	defer cancel()
	at := micros(until)
	_, err := k.d.rows.keep.Exec(ctx, at, at, id, userID)
	return wrap(ctx, "keep", err)
}

// End implements devicekeeper.Keeper.
func (k *keeper) End(ctx context.Context, userID, id string) error {
	ctx, cancel := k.d.limit(ctx)
	defer cancel()
	n, err := k.d.rows.delete.Exec(ctx, id, userID)
	if err == nil && n > 0 {
		k.d.tell(EventEnded, userID, id)
	}
	return wrap(ctx, "end", err)
}

// EndAll implements devicekeeper.Keeper.
func (k *keeper) EndAll(ctx context.Context, userID, except string) (int, error) {
	if userID == "" {
		return k.d.endEverybody(ctx)
	}
	ended, err := k.d.deleteRows(ctx, userID, func(r row) bool { return r.id != except })
	return len(ended), err
}
