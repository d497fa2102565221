package django

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/reset"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/mail"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
)

func (g *goSite) changePassword(w io.Writer, r *http.Request) error {
	err := g.Auth.ChangePassword(r, r.PostFormValue("old"), r.PostFormValue("new"))
	if errors.Is(err, auth.ErrNoMatch) {
		return statusError(http.StatusUnauthorized)
	}
	if err != nil {
		return err
	}
	return say(w, "changed")
}

// user makes a user, or changes the one that exists.
func (g *goSite) user(w io.Writer, r *http.Request) error {
	name, ctx := r.PostFormValue("username"), r.Context()
	if text := r.PostFormValue("password"); text != "" {
		hash, err := g.Hashers.Hash(ctx, text)
		if err != nil {
			return err
		}
		_, err = g.Users().Create(ctx, auth.User{
			Username: name, Email: address(name), Password: hash, IsActive: true, Custom: g.custom,
			IsStaff: r.PostForm.Has("staff"), IsSuperuser: r.PostForm.Has("superuser"),
		})
		if err != nil {
			return err
		}
		return say(w, "made")
	}
	user, err := g.Users().ByUsername(ctx, name)
	if err != nil {
		return err
	}
	return errors.Join(g.change(ctx, user.ID, r), say(w, "changed"))
}

func (g *goSite) change(ctx context.Context, id string, r *http.Request) error {
	for field, change := range map[string]func(value string) error{
		"active": func(value string) error { return g.Users().SetActive(ctx, id, value == "1") },
		"hash":   func(value string) error { return g.Users().SetPassword(ctx, id, value) },
		"grant":  func(value string) error { return g.Users().GrantToUser(ctx, id, value) },
		"revoke": func(value string) error { return g.Users().RevokeFromUser(ctx, id, value) },
		"join":   func(value string) error { return g.join(ctx, id, value) },
		"leave":  func(string) error { return g.leave(ctx, id) },
	} {
		if r.PostForm.Has(field) {
			if err := change(r.PostFormValue(field)); err != nil {
				return err
			}
		}
	}
	return nil
}

// join puts the user into a new group, which may view groups.
func (g *goSite) join(ctx context.Context, id string, name string) error {
	group, err := g.Users().CreateGroup(ctx, name)
	if err != nil {
		return err
	}
	if err := g.Users().GrantToGroup(ctx, group.ID, "auth.view_group"); err != nil {
		return err
	}
	return g.Users().AddToGroup(ctx, id, group.ID)
}

func (g *goSite) leave(ctx context.Context, id string) error {
	groups, err := g.Users().UserGroups(ctx, id)
	for _, group := range groups {
		err = errors.Join(err, g.Users().RemoveFromGroup(ctx, id, group.ID))
	}
	return err
}

func (g *goSite) passwordHash(w io.Writer, r *http.Request) error {
	user, err := g.Users().ByUsername(r.Context(), r.FormValue("username"))
	if err != nil {
		return err
	}
	return say(w, user.Password)
}

// notices leaves a message, or shows and forgets all.
func notices(w io.Writer, r *http.Request) error {
	if r.Method == http.MethodPost {
		level, err := strconv.Atoi(r.PostFormValue("level"))
		if err != nil {
			return err
		}
		messages.Add(r, messages.Message{
			Level: messages.Level(level), Text: r.PostFormValue("text"), ExtraTags: r.PostFormValue("tags"),
		})
		return say(w, "left")
	}
	list := [][]any{}
	for _, m := range messages.Take(r) {
		list = append(list, []any{int(m.Level), m.Text, m.Tags()})
	}
	text, err := rawjson.AppendValue(nil, list)
	if err != nil {
		return err
	}
	return say(w, string(text))
}

// expiry shows when the session ends; a POST first sets it.
func expiry(w io.Writer, r *http.Request) error {
	s := session.From(r)
	if r.Method != http.MethodPost {
		browser := 0
		if s.ExpiresAtBrowserClose() {
			browser = 1
		}
		return say(w, fmt.Sprintf("%d %d", s.ExpiryDate().Unix(), browser))
	}
	value := r.PostFormValue("expiry")
	form, number, two := strings.Cut(value, " ")
	if !two {
		form, number = "", value
	}
	if value == "default" {
		s.ResetExpiry()
		return say(w, "set")
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		return err
	}
	switch {
	case form == "in":
		s.SetExpiryAt(time.Now().Add(time.Duration(n) * time.Second))
	case form == "at":
		s.SetExpiryAt(time.Unix(int64(n), 0))
	case n == 0:
		s.ExpireAtBrowserClose()
	default:
		s.SetExpiry(time.Duration(n) * time.Second)
	}
	return say(w, "set")
}

func (g *goSite) clearSessions(w io.Writer, r *http.Request) error {
	if _, err := g.Sessions.ClearExpired(r.Context()); err != nil {
		return err
	}
	return say(w, "cleared")
}

// askReset mails a link.
func (g *goSite) askReset(w io.Writer, r *http.Request) error {
	if r.Method == http.MethodPost {
		return errors.Join(g.resets.Request(r, r.PostFormValue("email")), say(w, "a mail is on its way"))
	}
	return showForm(w, r)
}

// followReset is where the link leads.
func (g *goSite) followReset(w http.ResponseWriter, r *http.Request) {
	var moved bool
	var err error
	if r.Method == http.MethodPost {
		_, err = g.resets.Finish(r, r.PathValue("id"), r.PostFormValue("new_password1"))
	} else {
		_, moved, err = g.resets.Open(r, r.PathValue("id"), r.PathValue("token"))
	}
	switch {
	case moved:
		reset.Redirect(w, r, "../"+reset.KeptToken+"/")
	case errors.Is(err, reset.ErrBadLink):
		_ = say(w, "The link is not good.")
	case err != nil:
		session.Abort(r, err)
	case r.Method == http.MethodPost:
		_ = say(w, "The password is set.")
	default:
		_ = say(w, `<input name="new_password1"><input name="new_password2">`+string(csrf.TemplateField(r)))
	}
}

// An outbox keeps the last mail to each address.
type outbox struct{ byAddress sync.Map }

func (o *outbox) of(address string) chan string {
	mails, _ := o.byAddress.LoadOrStore(address, make(chan string, 1))
	return mails.(chan string)
}

// Send implements [mail.Sender].
func (o *outbox) Send(_ context.Context, m mail.Message) error {
	o.of(m.To) <- m.Text
	return nil
}

// show shows a mail to an address, when it is there.
func (o *outbox) show(w io.Writer, r *http.Request) error {
	select {
	case text := <-o.of(r.FormValue("to")):
		return say(w, text)
	case <-r.Context().Done():
		return r.Context().Err()
	}
}

// gates are where pages stop in the middle until they may go on.
type gates struct {
	mu     sync.Mutex
	byName map[string]gate
}

type gate struct{ arrived, released chan struct{} }

func (g *gates) of(r *http.Request) gate {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.byName == nil {
		g.byName = make(map[string]gate)
	}
	name := r.URL.Query().Get("gate")
	if _, ok := g.byName[name]; !ok {
		g.byName[name] = gate{make(chan struct{}), make(chan struct{})}
	}
	return g.byName[name]
}

func (g *gates) showArrived(w io.Writer, r *http.Request) error {
	select {
	case <-g.of(r).arrived:
		return say(w, "arrived")
	case <-r.Context().Done():
		return r.Context().Err()
	}
}

func (g *gates) release(w io.Writer, r *http.Request) error {
	close(g.of(r).released)
	return say(w, "released")
}

// slow loads the session, waits, and stores items.
func (g *gates) slow(w io.Writer, r *http.Request) error {
	s, at := session.From(r), g.of(r)
	s.Has("anything")
	close(at.arrived)
	select {
	case <-at.released:
	case <-r.Context().Done():
		return r.Context().Err()
	}
	return errors.Join(store(s, r.PostFormValue("items")), say(w, "stored"))
}
