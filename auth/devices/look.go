package devices

import (
	"context"
	"crypto/hmac"
	"errors"
	"time"

	"github.com/jamsession/jamsession/internal/devicekeeper"
	"github.com/jamsession/jamsession/internal/recordkeys"
	"github.com/jamsession/jamsession/secret"
)

// lookAt ends those of some watches whose logins have ended. Its error says that not everything
// could be asked.
func (d *Devices) lookAt(ctx context.Context, some []*watch) error {
	began := time.Now()
	rows, err := d.rowsOf(ctx, some)
	if err != nil {
		return err
	}
	var left []*watched
	for _, w := range some {
		r, ok := rows[w.id]
		if !ok || r.user != w.user {
			d.watches.end(w, ErrEnded)
			continue
		}
		left = append(left, d.watched(w, r))
	}
	left, badUsers := d.lookAtUsers(ctx, left)
	left, badSessions := d.lookAtSessions(ctx, left, began)
	if err := errors.Join(badUsers, badSessions); err != nil {
		return err
	}
	for _, w := range left {
		w.seen = began
		if w.inDoubt {
			d.watches.lookAgain(w.watch)
		} else {
			w.doubt = doubt{}
		}
	}
	return nil
}

// A watched is a watch with its row, while it is looked at.
type watched struct {
	*watch

	row     row
	login   any
	until   time.Time
	keys    []string // of the session, as far as they are known: it may just be getting another
	inDoubt bool
}

// rowsOf returns the rows of some watches, by their ids.
func (d *Devices) rowsOf(ctx context.Context, some []*watch) (map[string]row, error) {
	ctx, cancel := d.limit(ctx)
	defer cancel()
	ids, rows := make([]string, len(some)), make(map[string]row, len(some))
	for i, w := range some {
		ids[i] = w.id
	}
	found, err := d.rows.among(ctx, ids)
	for _, r := range found {
		rows[r.id] = r
	}
	return rows, wrap(ctx, "watch", err)
}

// watched notes what the row says.
func (d *Devices) watched(w *watch, r row) *watched {
	if r.seal != w.sealed {
		key, _ := d.rows.key(r)
		w.sealed, w.rowKey = r.seal, secret.New(key)
	}
	if w.ends == 0 {
		w.ends = r.expires
	}
	now := d.watches.knows(w)
	looked := &watched{watch: w, row: r, login: now.login, until: now.until}
	if r.expires > w.ends { // the session was prolonged
		looked.until = later(now.until, time.UnixMicro(r.expires))
	}
	rowKey, key := w.rowKey.Reveal(), now.key.Reveal()
	if key != "" {
		looked.keys = append(looked.keys, key)
	}
	if rowKey != "" && !hmac.Equal([]byte(rowKey), []byte(key)) {
		looked.keys = append(looked.keys, rowKey)
	}
	return looked
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// lookAtUsers returns those whose users let them in. Only if something of a user has changed,
// it is asked for each login what that means.
func (d *Devices) lookAtUsers(ctx context.Context, some []*watched) (left []*watched, err error) {
	states, err := userStates(ctx, some)
	if err != nil {
		return some, err
	}
	for _, w := range some {
		state := states[w.manager][devicekeeper.User{Backend: w.backend, ID: w.user}]
		switch {
		case state == 0:
			d.watches.end(w.watch, ErrEnded)
			continue
		case state != w.state:
			holds, err := w.manager.Holds(ctx, w.login, w.keys, w.row.notBefore)
			switch {
			case err != nil:
				return some, err
			case holds:
				w.state = state
			case w.doubted(w.keys, time.Now()):
				d.watches.end(w.watch, ErrEnded)
				continue
			default:
				w.inDoubt = true
			}
		}
		left = append(left, w)
	}
	return left, nil
}

// userStates asks for the users of some watches, each once.
func userStates(
	ctx context.Context, some []*watched,
) (map[devicekeeper.Manager]map[devicekeeper.User]uint64, error) {
	all := make(map[devicekeeper.Manager]map[devicekeeper.User]uint64)
	for _, w := range some {
		if all[w.manager] == nil {
			all[w.manager] = make(map[devicekeeper.User]uint64)
		}
		all[w.manager][devicekeeper.User{Backend: w.backend, ID: w.user}] = 0
	}
	for m, of := range all {
		users := make([]devicekeeper.User, 0, len(of))
		for u := range of {
			users = append(users, u)
		}
		states, err := m.States(ctx, users)
		if err != nil {
			return nil, err
		}
		for i, u := range users {
			of[u] = states[i]
		}
	}
	return all, nil
}

// lookAtSessions returns those whose sessions live.
func (d *Devices) lookAtSessions(
	ctx context.Context, some []*watched, now time.Time,
) (left []*watched, err error) {
	gone, err := d.goneSessions(ctx, some)
	for _, w := range some {
		over := !w.until.IsZero() && !now.Before(w.until)
		switch {
		case over && (gone[w] || !d.hasRecord(w)), gone[w] && w.doubted(w.keys, time.Now()):
			d.watches.end(w.watch, ErrEnded)
			continue
		case gone[w]:
			w.inDoubt = true
		}
		left = append(left, w)
	}
	return left, err
}

// hasRecord reports whether the store can be asked for a session.
func (d *Devices) hasRecord(w *watched) bool { return d.opts.Store != nil && len(w.keys) > 0 }

// goneSessions returns those watches of some whose sessions are not in the store.
func (d *Devices) goneSessions(ctx context.Context, some []*watched) (map[*watched]bool, error) {
	gone := make(map[*watched]bool)
	var of []*watched
	var keys []string
	for _, w := range some {
		if d.hasRecord(w) {
			gone[w] = true
			for _, key := range w.keys {
				of, keys = append(of, w), append(keys, key)
			}
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	ctx, cancel := d.limit(ctx)
	defer cancel()
	found, err := recordkeys.Exist(ctx, d.opts.Store, keys)
	if err != nil {
		return nil, wrap(ctx, "look for sessions", err)
	}
	for i, w := range of {
		if found[i] {
			delete(gone, w)
		}
	}
	return gone, nil
}
