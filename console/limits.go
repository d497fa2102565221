package console

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/session"
)

// A limitsPage is what the page of limits shows.
type limitsPage struct {
	Name     string // a name, or an address
	Limited  bool   // the site has limits
	Alone    bool   // each process counts for itself
	Statuses []throttle.Status
	User     auth.User // who has the name; anonymous if nobody has
	Problem  string
}

func (c *Console) limits(w http.ResponseWriter, r *request) {
	p := limitsPage{
		Name: r.URL.Query().Get("name"), Limited: len(c.site.Limiters()) > 0,
		Alone: c.conf.LoginLimitStore == "memory",
	}
	if p.Name != "" {
		var err error
		if p.Statuses, err = c.limitsOf(r.Context(), p.Name); err == nil {
			p.User, err = c.users.ByUsername(r.Context(), p.Name)
		}
		if unlessMissing(err) != nil {
			p.Problem = c.problem(r, "The limits", err)
		}
	}
	c.render(w, r, statusOf(p.Problem), "limits", page{Title: "Limits", Section: "limits", Data: p})
}

// namesOf are those by which attempts of a user are counted.
func namesOf(user auth.User) []string {
	if user.Email == "" || strings.EqualFold(user.Email, user.Username) {
		return []string{user.Username}
	}
	return []string{user.Username, user.Email}
}

// limitsOf returns what is left of the limits of names: those of the first, and of the others
// only what is used.
func (c *Console) limitsOf(ctx context.Context, names ...string) (all []throttle.Status, err error) {
	for i, name := range names {
		for _, l := range c.site.Limiters() {
			list, err := l.Limits(ctx, subject(name))
			if errors.Is(err, errors.ErrUnsupported) {
				continue
			}
			if err != nil {
				return nil, err
			}
			for _, s := range list {
				if i == 0 || s.Full > 0 {
					all = append(all, s)
				}
			}
		}
	}
	return all, nil
}

// subject returns what a text stands for: a name may look like an address.
func subject(text string) throttle.Subject {
	addr, _ := netip.ParseAddr(strings.Trim(text, "[]"))
	return throttle.Subject{Name: text, Source: addr}
}

// liftedText is what is noted.
const liftedText = "Lifted the limits of attempts."

// liftLimit gives a name or an address its attempts back.
func (c *Console) liftLimit(w http.ResponseWriter, r *request) {
	name := r.PostFormValue("name")
	if name == "" {
		c.fail(w, r, http.StatusBadRequest, "Whose?", "Name a user, or an address.")
		return
	}
	user, err := c.users.ByUsername(r.Context(), name)
	if unlessMissing(err) != nil {
		session.Abort(r.Request, err)
	}
	names := []string{name}
	if err == nil {
		names = append(names, namesOf(user)...)
	}
	c.lift(r, names)
	c.done(r, action{text: liftedText, about: user, name: subjectName(name)}, "The limits are lifted.")
	redirect(w, r.root()+"limits/?name="+url.QueryEscape(name))
}

// subjectName is what is noted of a text that is not the name of a user: an address of the network.
// Others may be what people have typed into the wrong field.
func subjectName(text string) string {
	if source := subject(text).Source; source.IsValid() {
		return source.String()
	}
	return "a name that nobody has"
}

// liftUser gives a user the attempts back.
func (c *Console) liftUser(w http.ResponseWriter, r *request) {
	user, ok := c.userOf(w, r)
	if !ok {
		return
	}
	c.lift(r, namesOf(user))
	c.done(r, action{text: liftedText, about: user}, "The limits are lifted.")
	redirect(w, r.root()+"users/"+segment(user.ID)+"/")
}

func (c *Console) lift(r *request, names []string) {
	for _, name := range names {
		for _, l := range c.site.Limiters() {
			err := l.Lift(r.Context(), subject(name))
			if err != nil && !errors.Is(err, errors.ErrUnsupported) {
				session.Abort(r.Request, err)
			}
		}
	}
}
