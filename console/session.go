package console

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/internal/authsession"
	"github.com/jamsession/jamsession/internal/devicekeeper"
	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/session"
)

// A sessionPage is what the page of a session shows.
type sessionPage struct {
	sessionRow
	User    auth.User // anonymous if nobody is logged in
	Device  string    // the ID of the login; "" if it has none
	Own     bool      // it is the viewer's
	Items   []item
	Damaged bool
	Shown   bool // with values
	NoEnd   bool // when it expires is not known
}

func (c *Console) session(w http.ResponseWriter, r *request) {
	if rec, ok := c.recordOf(w, r); ok {
		c.renderSession(w, r, c.pageOf(r, rec, false))
	}
}

func (c *Console) renderSession(w http.ResponseWriter, r *request, p sessionPage) {
	c.render(w, r, http.StatusOK, "session", page{
		Title: "Session " + p.Fingerprint, Section: "sessions", Data: p,
	})
}

// recordOf returns the session whose sealed key the address has. If there is none it has answered.
func (c *Console) recordOf(w http.ResponseWriter, r *request) (session.Record, bool) {
	key, ok := c.refs.open(r.args[0])
	if !ok {
		c.fail(w, r, http.StatusNotFound, "No such session",
			"The address is not complete, or was made with another SECRET_KEY.")
		return session.Record{}, false
	}
	return c.load(w, r, key)
}

// load reads a session. If there is none it has answered.
func (c *Console) load(w http.ResponseWriter, r *request, key string) (session.Record, bool) {
	ctx, cancel := context.WithTimeout(r.Context(), c.conf.StoreTimeout)
	defer cancel()
	rec, err := c.site.Store.Load(ctx, key)
	switch {
	case errors.Is(err, session.ErrNotFound):
		c.fail(w, r, http.StatusNotFound, "No such session", "It has ended, or got another key.")
	case err != nil:
		c.fail(w, r, http.StatusServiceUnavailable, "Not now", c.problem(r, "The session", err))
	default:
		return rec, true
	}
	return rec, false
}

// openByKey shows the session that has a key, which must not be in an address.
func (c *Console) openByKey(w http.ResponseWriter, r *request) {
	const most = 4096
	key := r.PostFormValue("key")
	issued, sealed := c.site.Store.(interface{ Issued(key string) bool })
	if len(key) > most || key == "" || sealed && !issued.Issued(key) {
		c.fail(w, r, http.StatusNotFound, "No such session", "This is not the key of a session.")
		return
	}
	if s, err := c.site.Sessions.ByKey(r.Context(), key); err == nil { // where keys are hashed
		if stored, _ := authsession.RecordOf(s); stored != "" {
			key = stored
		}
	}
	if rec, ok := c.load(w, r, key); ok {
		redirect(w, r.root()+"sessions/"+c.refs.seal(rec.Key)+"/")
	}
}

// pageOf returns what is shown of a session.
func (c *Console) pageOf(r *request, rec session.Record, values bool) sessionPage {
	p := sessionPage{sessionRow: c.rowOf(rec), Shown: values, NoEnd: rec.Expiry.IsZero()}
	p.Own = p.Fingerprint == session.From(r.Request).Fingerprint()
	items, err := c.itemsOf(rec)
	if err != nil {
		p.Damaged = true
		return p
	}
	p.Items = shownItems(items, rec.Key, values)
	p.User = c.userIn(r, items)
	p.Device = c.liveDevice(r.Context(), p.User, textOf(items, "_device"))
	return p
}

// userIn returns whose session it is. Somebody who cannot be looked up is only an ID.
func (c *Console) userIn(r *request, items rawjson.Object) auth.User {
	id := textOf(items, "_auth_user_id")
	if id == "" {
		return auth.User{}
	}
	user, err := c.users.ByID(r.Context(), id)
	if err != nil {
		return auth.User{ID: id}
	}
	return user
}

// liveDevice returns the ID of a device if it is one of the user.
func (c *Console) liveDevice(ctx context.Context, user auth.User, id string) string {
	if !user.IsAuthenticated() || id == "" {
		return ""
	}
	if _, err := c.sessionOf(ctx, user.ID, id); err != nil {
		return ""
	}
	return id
}

// sessionOf returns the key of the session of a login; "" if that is not known.
func (c *Console) sessionOf(ctx context.Context, userID, device string) (string, error) {
	d := c.site.Devices()
	if d == nil {
		return "", devices.ErrNoDevice
	}
	finder, ok := d.Keeper().(devicekeeper.SessionFinder)
	if !ok {
		return "", nil
	}
	return finder.SessionOf(ctx, userID, device)
}

// showValues shows a session with the values that may be seen. That is noted before it is done.
func (c *Console) showValues(w http.ResponseWriter, r *request) {
	rec, ok := c.recordOf(w, r)
	if !ok {
		return
	}
	p := c.pageOf(r, rec, true)
	if err := c.note(r, p.action("Looked at the values of", false)); err != nil {
		session.Abort(r.Request, err)
	}
	c.renderSession(w, r, p)
}

// action is what was done to the session.
func (p sessionPage) action(did string, ends bool) action {
	name := "session " + p.Fingerprint
	return action{text: did + " " + name + ".", about: p.User, name: name, ends: ends}
}

// endSession ends a session, and the login on it.
func (c *Console) endSession(w http.ResponseWriter, r *request) {
	rec, ok := c.recordOf(w, r)
	if !ok {
		return
	}
	p := c.pageOf(r, rec, false)
	if p.Own {
		c.fail(w, r, http.StatusConflict, "This is you", "To end your own login, log out.")
		return
	}
	if err := c.end(r.Context(), p, rec); errors.Is(err, errKept) {
		c.fail(w, r, http.StatusConflict, "Not possible here", "The browser holds the session, and the site "+
			"has no list of those that have ended. End all logins of its user instead.")
		return
	} else if err != nil {
		session.Abort(r.Request, err)
	}
	c.done(r, p.action("Ended", true), "The session has ended.")
	redirect(w, r.root()+"sessions/")
}

// errKept says that a session goes on because the browser holds it.
var errKept = errors.New("console: the session cannot be ended")

func (c *Console) end(ctx context.Context, p sessionPage, rec session.Record) error {
	if p.Device != "" { // whose row is the truth
		err := c.site.Devices().EndDevice(ctx, p.User.ID, p.Device)
		if err != nil && !errors.Is(err, devices.ErrNoDevice) {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, max(c.conf.StoreTimeout, time.Second))
	defer cancel()
	if err := c.site.Store.Delete(ctx, rec.Key); err != nil && !errors.Is(err, session.ErrNotFound) {
		return errors.Join(session.ErrUnavailable, err)
	}
	if _, err := c.site.Store.Load(ctx, rec.Key); err == nil && p.Device == "" {
		return errKept
	}
	return nil
}
