package devices

import (
	"context"
	"database/sql"
	"net/http"
	"slices"
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
func (k *keeper) Pool() *sql.DB {
	if _, own := k.d.rows.(ownRows); !own {
		return nil
	}
	return k.d.db.DB
}

// Attach implements devicekeeper.Keeper.
func (k *keeper) Attach(m devicekeeper.Manager) { k.manager.Store(&m) }

// Look implements devicekeeper.Keeper.
func (k *keeper) Look(ctx context.Context, userID, id, key string) (devicekeeper.State, error) {
	ctx, cancel := k.d.limit(ctx)
	defer cancel()
	r, ok, err := k.d.rows.find(ctx, userID, id, secret.New(key))
	if err != nil || !ok {
		return devicekeeper.State{}, wrap(ctx, "look", err)
	}
	return devicekeeper.State{
		ID: r.id, Seen: time.UnixMicro(r.seen), Floor: r.notBefore,
		Moved: k.d.rows.sessionsFirst() && !k.d.rows.isOf(r, key),
	}, nil
}

// Use implements devicekeeper.Keeper.
func (k *keeper) Use(r *http.Request, u devicekeeper.Use) {
	k.d.inUse.note(u.ID, time.Now())
	k.noteKey(u)
	k.d.writes.put(write{
		user: u.UserID, id: u.ID, key: secret.New(u.Key), until: u.Until,
		seen: time.Now(), address: k.d.addressOf(r), agent: r.UserAgent(),
	})
}

// noteKey tells those who watch a login which key its session has.
func (k *keeper) noteKey(u devicekeeper.Use) {
	if u.Key != "" {
		key := secret.New(u.Key)
		k.d.watches.note(u.UserID, u.ID, func(n *known) { n.key = key })
	}
}

// Keep implements devicekeeper.Keeper.
func (k *keeper) Keep(ctx context.Context, userID, id string, until time.Time) error {
	ctx, cancel := k.d.limit(ctx)
	defer cancel()
	return wrap(ctx, "keep", k.d.rows.keep(ctx, userID, id, until))
}

// End implements devicekeeper.Keeper.
func (k *keeper) End(ctx context.Context, userID, id, key string) error {
	if table, ok := k.d.rows.(remainder); ok && key == "" { // the session is a cookie
		_, err := k.d.deleteRows(ctx, userID, hasID(id), table.bar)
		return err
	}
	return k.delete(ctx, userID, id, key)
}

func (k *keeper) delete(ctx context.Context, userID, id, key string) error {
	ctx, cancel := k.d.limit(ctx)
	defer cancel()
	gone, err := k.d.rows.end(ctx, userID, id, secret.New(key))
	return k.deleted(ctx, userID, id, gone, err)
}

func (k *keeper) deleted(ctx context.Context, userID, id string, gone bool, err error) error {
	if err == nil && gone {
		k.d.changed(userID)
		k.d.tell(EventEnded, userID, id)
	}
	return wrap(ctx, "end", err)
}

// Withdraw implements devicekeeper.Keeper.
func (k *keeper) Withdraw(ctx context.Context, userID, id string) error {
	table, ok := k.d.rows.(remainder)
	if !ok {
		return k.d.dropDead(ctx, userID, id)
	}
	ctx, cancel := k.d.limit(ctx)
	defer cancel()
	gone, err := table.withdraw(ctx, userID, id)
	return k.deleted(ctx, userID, id, gone, err)
}

// IDs implements devicekeeper.Keeper.
func (k *keeper) IDs(ctx context.Context, userID string) ([]string, error) {
	ctx, cancel := k.d.limit(ctx)
	defer cancel()
	var found []row
	err := k.d.db.Transact(ctx, func(tx *sql.Conn) (err error) {
		found, err = k.d.rows.ofUser(ctx, tx, userID)
		return err
	})
	return ids(found), wrap(ctx, "end", err)
}

// EndSome implements devicekeeper.Keeper.
func (k *keeper) EndSome(ctx context.Context, userID string, ids []string) error {
	if len(ids) == 0 {
		k.d.changed(userID) // the user, not the rows
		return nil
	}
	some := func(r row) bool { return slices.Contains(ids, r.id) }
	_, err := k.d.deleteRows(ctx, userID, some, k.d.deleteRow)
	return err
}

// EndBelow implements devicekeeper.Keeper.
func (k *keeper) EndBelow(ctx context.Context, userID string, floor int64, before time.Time) error {
	if userID == "" {
		return k.d.endEverybody(ctx, floor, micros(before))
	}
	below := func(r row) bool { return r.notBefore < floor || r.created < micros(before) }
	_, err := k.d.deleteRows(ctx, userID, below, k.d.deleteRow)
	return err
}

// Renew implements devicekeeper.Keeper.
func (k *keeper) Renew(userID, id string, login any, until time.Time) {
	k.d.watches.note(userID, id, func(n *known) {
		if login != nil {
			n.login = login
		}
		if !until.IsZero() {
			n.until, n.untilIsNew = until, true
		}
	})
}
