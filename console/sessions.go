package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/internal/sessionlist"
	"github.com/jamsession/jamsession/session"
)

// mostSessions is how many a page has.
const mostSessions = 50

// A sessionRow is a session in the list.
type sessionRow struct {
	Ref, Fingerprint string
	UserID, Username string // of the user; "" if anonymous, and the name also if nobody has the ID
	Expires          time.Time
	Size, Items      int // bytes in the store; and -1 if they cannot be read
}

// A sessionList is what the page of sessions shows.
type sessionList struct {
	Query      string      // what was typed
	Named      []auth.User // whose name that is
	User       string      // the ID of the user whose sessions are listed; "" for all
	Engine     string
	CannotList bool
	Rows       []sessionRow
	Looked     int  // at so many
	Incomplete bool // not all were looked at
	Next       string
	Problem    string
}

// aFingerprint matches the beginning of one, at which a search makes sense.
var aFingerprint = regexp.MustCompile(`^[0-9a-f]{4,12}$`)

func (c *Console) sessions(w http.ResponseWriter, r *request) {
	q := r.URL.Query()
	l := sessionList{
		Query: strings.TrimSpace(q.Get("q")), User: q.Get("user"), Engine: c.engineName(),
	}
	fingerprint := strings.ToLower(l.Query)
	if l.Query != "" {
		if user, err := c.userNamed(r.Context(), l.Query); err == nil {
			l.Named = append(l.Named, user)
		} else if unlessMissing(err) != nil {
			l.Problem = c.problem(r, "The users", err)
		}
	}
	if l.Query == "" || aFingerprint.MatchString(fingerprint) {
		after, _ := c.refs.open(q.Get("after"))
		c.list(r, &l, fingerprint, after)
	}
	c.render(w, r, statusOf(l.Problem), "sessions", page{Title: "Sessions", Section: "sessions", Data: l})
}

// list looks at sessions after a key until the page is full, or the time is up.
func (c *Console) list(r *request, l *sessionList, fingerprint, after string) {
	ctx, cancel := context.WithTimeout(r.Context(), c.budget)
	defer cancel()
	last := after
	for rec, err := range sessionlist.After(ctx, c.site.Store, after) {
		switch {
		case errors.Is(err, errors.ErrUnsupported):
			l.CannotList = true
			return
		case err != nil && ctx.Err() == nil:
			l.Problem = c.problem(r, "The sessions", err)
			return
		case err != nil || ctx.Err() != nil:
			l.Incomplete = true
		}
		if l.Incomplete {
			break
		}
		if len(l.Rows) == mostSessions {
			l.Next = c.nextPage(l, last)
			break
		}
		l.Looked++
		last = rec.Key
		if !strings.HasPrefix(session.Fingerprint(rec.Key), fingerprint) {
			continue
		}
		if row := c.rowOf(rec); l.User == "" || row.UserID == l.User {
			l.Rows = append(l.Rows, row)
		}
	}
	if l.Incomplete && last != after {
		l.Next = c.nextPage(l, last)
	}
	c.nameUsers(r.Context(), l.Rows)
}

// nextPage is the query of the page that goes on after a key.
func (c *Console) nextPage(l *sessionList, key string) string {
	q := url.Values{"after": {c.refs.seal(key)}}
	if l.Query != "" {
		q.Set("q", l.Query)
	}
	if l.User != "" {
		q.Set("user", l.User)
	}
	return "?" + q.Encode()
}

func (c *Console) rowOf(rec session.Record) sessionRow {
	row := sessionRow{
		Ref: c.refs.seal(rec.Key), Fingerprint: session.Fingerprint(rec.Key), Expires: rec.Expiry,
		Size: len(rec.Data), Items: -1,
	}
	if items, err := c.itemsOf(rec); err == nil {
		row.Items, row.UserID = items.Len(), textOf(items, "_auth_user_id")
	}
	return row
}

// itemsOf decodes a record.
func (c *Console) itemsOf(rec session.Record) (rawjson.Object, error) {
	text, err := c.site.Sessions.Items(rec)
	if err != nil {
		return rawjson.Object{}, err
	}
	return rawjson.Parse(text)
}

// textOf returns an item that is a text, or a number if Django has not written it.
func textOf(items rawjson.Object, name string) string {
	raw, _ := items.Get(name)
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return ""
}

// nameUsers looks up who is logged in, each user once. What takes too long stays an ID.
func (c *Console) nameUsers(ctx context.Context, rows []sessionRow) {
	ctx, cancel := context.WithTimeout(ctx, c.budget/2)
	defer cancel()
	names := make(map[string]string)
	for i, row := range rows {
		if row.UserID == "" {
			continue
		}
		name, known := names[row.UserID]
		if !known && ctx.Err() == nil {
			user, err := c.users.ByID(ctx, row.UserID)
			if unlessMissing(err) != nil {
				return
			}
			name = user.Username
			names[row.UserID] = name
		}
		rows[i].Username = name
	}
}
