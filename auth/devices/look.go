package devices

import (
	"context"
	"crypto/hmac"
	"errors"
	"slices"
	"time"

	"github.com/jamsession/jamsession/internal/devicekeeper"
	"github.com/jamsession/jamsession/internal/recordkeys"
	"github.com/jamsession/jamsession/secret"
)

// lookAt ends those of some watches whose logins have ended. Its error says that nothing could be
// asked, or is a [partly].
func (d *Devices) lookAt(ctx context.Context, some []*watch) error {
	began := time.Now()
	rows, err := d.rowsOf(ctx, some)
	if err != nil {
		return err
	}
	l := look{d: d}
	for _, w := range some {
		r, ok := rows[w.id]
		if !ok || r.user != w.user {
			d.watches.end(w, ErrEnded)
			continue
		}
		l.left = append(l.left, d.watched(w, r))
	}
	l.atUsers(ctx)
	l.atSessions(ctx, began)
	return l.end(began)
}

// A look is one at several watches.
type look struct {
	d    *Devices
	left []*watched // whose logins have not ended, as far as that is known
	errs []error
}

// A watched is a watch with its row, while it is looked at.
type watched struct {
	*watch

	row     row
	login   any
	until   time.Time
	keys    []string // of the session, as far as they are known: it may just be getting another
	inDoubt bool
	unseen  bool // not everything could be asked
}

// partly is the error of a look at some of several watches.
type partly struct{ error }

// end notes what was seen.
func (l *look) end(began time.Time) error {
	for _, w := range l.left {
		if !w.unseen {
			w.seen = began
		}
		if w.inDoubt {
			l.d.watches.lookAgain(w.watch)
		} else if !w.unseen {
			w.doubt = doubt{}
		}
	}
	if err := errors.Join(l.errs...); err != nil {
		return partly{err}
	}
	return nil
}

// keep leaves those whose logins have not ended.
func (l *look) keep(hasEnded func(*watched) bool) {
	l.left = slices.DeleteFunc(l.left, func(w *watched) bool {
		ended := hasEnded(w)
		if ended {
			l.d.watches.end(w.watch, ErrEnded)
		}
		return ended
	})
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
	now := d.watches.knows(w)
	if w.ends == 0 || now.untilIsNew {
		w.ends = r.expires
	}
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

// atUsers looks whether the users let their logins in. Only if something of a user has changed,
// it is asked for each login what that means.
func (l *look) atUsers(ctx context.Context) {
	states, err := userStates(ctx, l.left)
	if err != nil {
		l.errs = append(l.errs, err)
	}
	l.keep(func(w *watched) (ended bool) {
		switch state := states[w.manager][devicekeeper.User{Backend: w.backend, ID: w.user}]; state {
		case 0:
			return true
		case devicekeeper.StateUnknown:
			w.unseen = true
		case w.state:
		default:
			return l.askAnew(ctx, w, state)
		}
		return false
	})
}

// askAnew asks the whole question for a login whose user has changed.
func (l *look) askAnew(ctx context.Context, w *watched, state uint64) (ended bool) {
	holds, err := w.manager.Holds(ctx, w.login, w.keys, w.row.notBefore)
	switch {
	case err != nil:
		w.unseen, l.errs = true, []error{err}
	case holds:
		w.state = state
	case w.doubted(w.keys, time.Now()):
		return true
	default:
		w.inDoubt = true
	}
	return false
}

// userStates asks for the users of some watches, each once.
func userStates(
	ctx context.Context, some []*watched,
) (map[devicekeeper.Manager]map[devicekeeper.User]uint64, error) {
	var errs []error
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
		errs = append(errs, err)
		for i, u := range users {
			of[u] = states[i]
		}
	}
	return all, errors.Join(errs...)
}

// atSessions looks whether the sessions live.
func (l *look) atSessions(ctx context.Context, now time.Time) {
	gone, err := l.goneSessions(ctx)
	if err != nil {
		l.errs = append(l.errs, err)
	}
	l.keep(func(w *watched) (ended bool) {
		over := !w.until.IsZero() && !now.Before(w.until)
		switch {
		case over && (gone[w] || !l.d.hasRecord(w)), gone[w] && w.doubted(w.keys, time.Now()):
			return true
		case gone[w]:
			w.inDoubt = true
		}
		return false
	})
}

// hasRecord reports whether the store can be asked for a session.
func (d *Devices) hasRecord(w *watched) bool { return d.opts.Store != nil && len(w.keys) > 0 }

// goneSessions returns those watches whose sessions are not in the store.
func (l *look) goneSessions(ctx context.Context) (map[*watched]bool, error) {
	gone := make(map[*watched]bool)
	var of []*watched
	var keys []string
	for _, w := range l.left {
		if l.d.hasRecord(w) {
			gone[w] = true
			for _, key := range w.keys {
				of, keys = append(of, w), append(keys, key)
			}
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	ctx, cancel := l.d.limit(ctx)
	defer cancel()
	found, err := recordkeys.Exist(ctx, l.d.opts.Store, keys)
	for i, w := range of {
		switch {
		case !recordkeys.Known(err, i):
			w.unseen = true
			delete(gone, w)
		case found[i]:
			delete(gone, w)
		}
	}
	return gone, wrap(ctx, "look for sessions", err)
}
