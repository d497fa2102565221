package devices

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jamsession/jamsession/internal/devicekeeper"
	"github.com/jamsession/jamsession/secret"
)

// maxUser and maxAgent are the widths of the columns, in characters.
const (
	maxUser  = 255
	maxAgent = 200
)

// Start implements devicekeeper.Keeper: in one transaction it deletes what the login
// replaces, makes room, and inserts the row.
func (k *keeper) Start(r *http.Request, l devicekeeper.Login) (string, error) {
	d, now := k.d, time.Now()
	ctx, cancel := d.limit(r.Context())
	defer cancel()
	if l.UserID == "" || utf8.RuneCountInString(l.UserID) > maxUser {
		return "", wrap(ctx, "start", errUser)
	}
	if err := d.checkKeys(r); err != nil {
		return "", wrap(ctx, "start", err)
	}
	next := row{
		user: l.UserID, created: micros(now), seen: micros(now),
		expires: micros(now.Add(devicekeeper.PendingLife)), notBefore: l.Floor, address: d.addressOf(r),
		agent: cut(r.UserAgent(), maxAgent), method: l.Method,
		session: secret.New(sessionOf(l)),
	}
	s, err := d.startRow(ctx, l, next)
	switch {
	case errors.Is(err, errBarred):
		return "", &devicekeeper.Refused{Err: err}
	case err != nil:
		return "", wrap(ctx, "start", err)
	}
	d.told(ctx, l, s)
	if s.refused != nil {
		return "", &devicekeeper.Refused{Err: s.refused}
	}
	return s.id, nil
}

// started is what a transaction has done.
type started struct {
	id      string
	ended   []row // of the user, for the limit, or of the user before
	limited int   // how many of these for the limit
	refused *LimitError
	shared  bool // with another request, which has told of it
}

// startRow repeats a transaction that finds sessions which have to end before their rows.
func (d *Devices) startRow(ctx context.Context, l devicekeeper.Login, next row) (s started, err error) {
	gone, err := d.goneOf(ctx, l.UserID)
	for err == nil {
		err = d.db.Transact(ctx, func(tx *sql.Conn) (err error) {
			s, err = d.start(ctx, tx, l, next, gone)
			return err
		})
		first, ok := errors.AsType[sessionsFirst](err)
		if !ok {
			return s, err
		}
		err = d.endFirst(ctx, first, gone)
	}
	return s, err
}

// start is Start within its transaction.
func (d *Devices) start(
	ctx context.Context, tx *sql.Conn, l devicekeeper.Login, next row, gone goneSessions,
) (s started, err error) {
	if d.opts.Max > 0 || l.Adopted && l.Key == "" { // no record tells requests at once of each other
		if err := d.rows.lock(ctx, tx, l.UserID); err != nil {
			return s, err
		}
	}
	mine, err := d.rows.ofUser(ctx, tx, l.UserID)
	if err != nil {
		return s, err
	}
	if shared, ok := d.shared(mine, l, next); ok {
		if shared.method != "" {
			return started{id: shared.id, shared: true}, nil
		}
		next.id, next.created = shared.id, shared.created // Django has made it
	}
	if err := d.checkBar(ctx, tx, l); err != nil {
		return s, err
	}
	if i := slices.IndexFunc(mine, hasID(l.Before)); i >= 0 && l.BeforeUser == l.UserID {
		next = mine[i].follow(next, l.Same)
	}
	others := slices.DeleteFunc(slices.Clone(mine), func(r row) bool {
		return r.id == next.id || r.id == l.Before && l.BeforeUser == l.UserID
	})
	if err := d.makeRoom(ctx, tx, others, gone, &s); err != nil || s.refused != nil {
		return s, err
	}
	if next.id != "" {
		s.id = next.id
		stays, err := d.rows.update(ctx, tx, next)
		if err != nil || stays {
			return s, err
		}
		next.id, next.session = "", secret.Text{} // somebody has just ended it, for good
	} else if l.Before != "" {
		gone, err := d.endBefore(ctx, tx, l)
		if err != nil {
			return s, err
		}
		if gone {
			s.ended = append(s.ended, row{id: l.Before, user: l.BeforeUser})
		}
	}
	s.id, err = d.rows.insert(ctx, tx, next)
	return s, err
}

// endBefore deletes the row that a login replaces. Package auth flushes its session.
func (d *Devices) endBefore(ctx context.Context, tx *sql.Conn, l devicekeeper.Login) (bool, error) {
	rows, err := d.rows.ofUser(ctx, tx, l.BeforeUser)
	i := slices.IndexFunc(rows, hasID(l.Before))
	if err != nil || i < 0 {
		return false, err
	}
	table, ok := d.rows.(remainder)
	if !ok {
		return d.deleteRow(ctx, tx, rows[i])
	}
	return table.bar(ctx, tx, rows[i])
}

var errBarred = errors.New("devices: the login was ended")

// checkBar returns errBarred for a copy of a cookie whose login was adopted, and has ended since.
func (d *Devices) checkBar(ctx context.Context, tx *sql.Conn, l devicekeeper.Login) error {
	table, ok := d.rows.(remainder)
	if !ok || !l.Adopted || l.Key != "" {
		return nil
	}
	barred, err := table.isBarred(ctx, tx, sessionOf(l))
	if err == nil && barred {
		err = errBarred
	}
	return err
}

// shared returns the row that another request has made for the session that is adopted.
func (d *Devices) shared(mine []row, l devicekeeper.Login, next row) (row, bool) {
	if !l.Adopted {
		return row{}, false
	}
	for _, r := range mine {
		if d.rows.isOf(r, sessionOf(l)) && r.isLive(time.UnixMicro(next.created)) {
			return r, true
		}
	}
	return row{}, false
}

// sessionOf is what a row has sealed of the session of a login that is adopted.
func sessionOf(l devicekeeper.Login) string {
	switch {
	case !l.Adopted:
		return ""
	case l.Key == "":
		return notKey + l.Of
	}
	return l.Key
}

// notKey is before what is sealed if that is not the key of a session.
const notKey = "of "

// follow returns the row of another login of the same user in the same session. If it is the
// same session, its row goes on.
func (r row) follow(next row, same bool) row {
	next.name = r.name
	if same {
		next.id = r.id
		next.seen++ // which a row that Withdraw may delete is not
	}
	return next
}

// told tells of what a transaction has done, and deletes the sessions that it has ended.
func (d *Devices) told(ctx context.Context, l devicekeeper.Login, s started) {
	for _, r := range s.ended {
		d.changed(r.user)
		d.tell(EventEnded, r.user, r.id)
	}
	switch {
	case s.shared:
		return
	case s.refused != nil:
		d.tell(EventLimited, l.UserID, "")
		return
	case s.limited > 0:
		d.tell(EventLimited, l.UserID, s.id)
	}
	if l.Adopted {
		d.tell(EventAdopted, l.UserID, s.id)
	} else {
		d.tell(EventStarted, l.UserID, s.id)
	}
	d.deleteSessions(ctx, s.ended)
}

// cut returns text that a column of so many characters can hold, without what cannot be
// printed.
func cut(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return ' '
		}
		return r
	}, text[:min(len(text), most*utf8.UTFMax)])
	n := 0
	for i := range text {
		if n == most {
			return text[:i]
		}
		n++
	}
	return text
}
