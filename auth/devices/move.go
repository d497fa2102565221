package devices

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/internal/devicekeeper"
	"github.com/jamsession/jamsession/internal/recordkeys"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

// Move implements devicekeeper.Keeper. A session that nobody can find by the row of its login does
// not go to the visitor: it would outlive the end of that login at a Django site.
func (k *keeper) Move(r *http.Request, m devicekeeper.Move) {
	if !k.d.rows.sessionsFirst() {
		k.Use(r, m.Use)
		return
	}
	k.noteKey(m.Use)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), k.d.opts.Timeout)
	defer cancel()
	err := k.d.move(ctx, r, m)
	if err == nil {
		return
	}
	k.d.opts.Logger.WarnContext(ctx, "devices: the row of a login does not have the key of its session",
		slog.String("device", m.ID), slog.Any("error", err))
	if !m.JustNow {
		return // the next request comes again
	}
	if err := k.d.abandon(context.WithoutCancel(ctx), m.Key); err != nil {
		k.d.opts.Logger.ErrorContext(ctx, "devices: a session is left whose login cannot be ended at Django",
			slog.String("device", m.ID), slog.Any("error", err))
	}
}

// move has a row follow the session of its login to another key, before the visitor has that.
func (d *Devices) move(ctx context.Context, r *http.Request, m devicekeeper.Move) error {
	now, from := micros(time.Now()), m.Before
	next := row{
		id: m.ID, user: m.UserID, created: now, seen: now, address: d.addressOf(r),
		agent: r.UserAgent(), method: "other", session: secret.New(m.Key),
	}
	for range maxMoves {
		was, moved, err := d.moveRow(ctx, next, from, m.IsNew)
		switch {
		case err != nil || moved:
			return wrap(ctx, "move", err)
		case was.id == "": // the login was ended meanwhile, under the key before
			return d.abandon(ctx, m.Key)
		}
		if isBehind, err := d.isBehind(ctx, was, m.Key); err != nil || !isBehind {
			return wrap(ctx, "move", err)
		}
		from = was.seal
	}
	return wrap(ctx, "move", errMoves)
}

func (d *Devices) moveRow(
	ctx context.Context, next row, from string, isNew bool,
) (was row, moved bool, err error) {
	err = d.db.Transact(ctx, func(tx *sql.Conn) (err error) {
		was, moved, err = d.rows.move(ctx, tx, next, from)
		if err == nil && was.id == "" && isNew {
			moved, err = d.insertAgain(ctx, tx, next)
		}
		return err
	})
	return was, moved, err
}

// isBehind reports whether the session that a row says is gone, and the one of this key is there.
// Another request may have given that a newer key since, which the row has already.
func (d *Devices) isBehind(ctx context.Context, r row, key string) (bool, error) {
	before, ok := d.rows.key(r)
	if !ok {
		return true, nil
	}
	found, err := recordkeys.Exist(ctx, d.opts.Store, []string{before, key})
	return err == nil && !found[0] && found[1], err
}

// abandon deletes a session whose login has no row.
func (d *Devices) abandon(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, sessionsTime)
	defer cancel()
	err := d.opts.Store.Delete(ctx, key)
	if errors.Is(err, session.ErrNotFound) {
		return nil
	}
	return err
}

// insertAgain makes the row of a login that Django has deleted before there was a session, unless
// it was another login that did so for the limit.
func (d *Devices) insertAgain(ctx context.Context, tx *sql.Conn, next row) (bool, error) {
	if d.opts.Max > 0 {
		if err := d.rows.lock(ctx, tx, next.user); err != nil {
			return false, err
		}
		others, err := d.rows.ofUser(ctx, tx, next.user)
		if err != nil || len(d.tooMany(others, time.UnixMicro(next.created))) > 0 {
			return false, err
		}
	}
	_, err := d.rows.insert(ctx, tx, next)
	return err == nil, err
}
