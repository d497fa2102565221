package devices

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/jamsession/jamsession/internal/authsession"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

// maxMoves is how often a session may get another key while it is to end.
const maxMoves = 10

// deleteWithSessions is deleteRows for a table of Django's. Each session ends first, and its row
// after that, if it is still that of this session: if the session had another key by then,
// that one ends, too. An error means that what is left goes on.
func (d *Devices) deleteWithSessions(
	ctx context.Context, user string, choose func(row) bool,
) (ended []row, err error) {
	defer d.changed(user) // also if no row has
	var chosen []string   // those that come meanwhile are not meant
	for round := range maxMoves {
		found, err := d.chosen(ctx, user, choose)
		if err != nil {
			return ended, err
		}
		if round > 0 {
			found = slices.DeleteFunc(found, func(r row) bool { return !slices.Contains(chosen, r.id) })
		}
		if len(found) == 0 {
			return ended, nil
		}
		chosen = nil
		for _, r := range found {
			gone, err := d.deleteWithSession(ctx, r)
			if err != nil {
				return ended, err
			}
			if !gone {
				chosen = append(chosen, r.id)
				continue
			}
			d.tell(EventEnded, user, r.id)
			r.seal = "" // its session has ended already
			ended = append(ended, r)
		}
	}
	return ended, wrap(ctx, "end", errMoves)
}

var errMoves = errors.New("the session gets another key again and again")

// chosen returns those rows of a user that are to end.
func (d *Devices) chosen(ctx context.Context, user string, choose func(row) bool) (found []row, err error) {
	err = d.db.Transact(ctx, func(tx *sql.Conn) (err error) {
		found, err = d.rows.ofUser(ctx, tx, user)
		return err
	})
	return slices.DeleteFunc(found, func(r row) bool { return !choose(r) }), wrap(ctx, "end", err)
}

// deleteWithSession reports whether the row was still that of the session.
func (d *Devices) deleteWithSession(ctx context.Context, r row) (bool, error) {
	if key, ok := d.rows.key(r); ok {
		err := d.opts.Store.Delete(ctx, key)
		if err != nil && !errors.Is(err, session.ErrNotFound) {
			return false, wrap(ctx, "end the session", err)
		}
	}
	gone, err := d.rows.drop(ctx, r, time.Unix(never, 0))
	return gone, wrap(ctx, "end", err)
}

// dropDead deletes a row if its session is gone.
func (d *Devices) dropDead(ctx context.Context, user, id string) error {
	ctx, cancel := d.limit(ctx)
	defer cancel()
	r, ok, err := d.rows.find(ctx, user, id, secret.Text{})
	if err != nil || !ok || len(d.withSession(ctx, []row{r}, "")) > 0 {
		return wrap(ctx, "end", err)
	}
	_, err = d.rows.drop(ctx, r, time.Unix(never, 0))
	return wrap(ctx, "end", err)
}

// checkKeys returns an error if the table is to have keys of sessions, and could not.
func (d *Devices) checkKeys(r *http.Request) error {
	if !d.rows.sessionsFirst() {
		return nil
	}
	s, err := session.Load(r)
	if err == nil && !authsession.HasPlainKeys(s) {
		err = errAllauthKey
	}
	return err
}
