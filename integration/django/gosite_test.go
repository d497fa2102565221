package django

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/reset"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
	_ "github.com/jamsession/jamsession/site/all" // opens what the settings name
)

// A goSite has the pages of testdata/site, made as a user of this module
// would make them.
type goSite struct {
	*site.Site
	custom any // User.Custom of new users
	resets *reset.Resets
	outbox *outbox
	gates  gates
}

// startGo runs the Go site until the test ends. It makes its tables.
func startGo(t *testing.T, flags map[string]string) (*site.Site, *side) {
	t.Helper()
	return startLoaded(t, loadGo(t, flags), nil, nil)
}

// startLoaded is startGo with settings, options, and what new users have beside auth.User.
func startLoaded(
	t *testing.T, loaded *settings.Settings, options *site.Options, custom any,
) (*site.Site, *side) {
	t.Helper()
	if err := site.Migrate(t.Context(), loaded, options); err != nil {
		t.Fatal(err)
	}
	site, err := site.Open(t.Context(), loaded, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = site.Close() })
	g := &goSite{Site: site, custom: custom, outbox: new(outbox)}
	resets, err := reset.New(site.Auth, site.Users(), site.Tokens, g.outbox, &reset.Options{
		URL: origin.String() + "accounts/reset/{id}/{token}/",
	})
	if err != nil {
		t.Fatal(err)
	}
	g.resets = resets
	server := httptest.NewServer(site.Handler(g.pages()))
	t.Cleanup(func() {
		server.Close()
		_ = resets.Close(context.Background())
	})
	return site, &side{name: "Go", url: server.URL}
}

func loadGo(t *testing.T, flags map[string]string) *settings.Settings {
	t.Helper()
	s, err := settings.Load(settings.Sources{Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (g *goSite) pages() http.Handler {
	mux := http.NewServeMux()
	for pattern, page := range map[string]func(w io.Writer, r *http.Request) error{
		"/nothing":                  func(w io.Writer, _ *http.Request) error { return say(w, "nothing") },
		"/items":                    showItems,
		"/form":                     showForm,
		"/login":                    g.logIn,
		"/logout":                   g.logOut,
		"/me":                       showMe,
		"/password":                 g.changePassword,
		"/user":                     g.user,
		"/hash":                     g.passwordHash,
		"/messages":                 notices,
		"/outbox":                   g.outbox.show,
		"/expiry":                   expiry,
		"/clearsessions":            g.clearSessions,
		"/devices":                  g.listDevices,
		"/end":                      g.endDevice,
		"/end-others":               g.endOthers,
		"/accounts/password_reset/": g.askReset,
		"/slow":                     g.gates.slow,
		"/arrived":                  g.gates.showArrived,
		"/release":                  g.gates.release,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			var status statusError
			switch err := page(w, r); {
			case errors.As(err, &status):
				http.Error(w, err.Error(), int(status))
			case err != nil:
				session.Abort(r, err)
			}
		})
	}
	mux.HandleFunc("/accounts/reset/{id}/{token}/", g.followReset)
	return mux
}

// A statusError is an answer with this status.
type statusError int

func (e statusError) Error() string { return http.StatusText(int(e)) }

func say(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}

// showItems shows all items; a POST first stores some and removes some.
func showItems(w io.Writer, r *http.Request) error {
	s := session.From(r)
	if r.Method == http.MethodPost {
		if names := r.PostFormValue("delete"); names != "" {
			s.Delete(strings.Split(names, ",")...)
		}
		if err := store(s, r.PostFormValue("items")); err != nil {
			return err
		}
	}
	return say(w, itemsOf(s))
}

// store stores the items of an object, each as the text that it is.
func store(s *session.Session, items string) error {
	if items == "" {
		return nil
	}
	object, err := rawjson.Parse([]byte(items))
	if err != nil {
		return err
	}
	for name, text := range object.All() {
		s.Set(name, json.RawMessage(text))
	}
	return nil
}

// itemsOf returns the items as one object, with the text that they have.
func itemsOf(s *session.Session) string {
	var object rawjson.Object
	for name, text := range s.All() {
		object.Set(name, text)
	}
	return string(object.AppendTo(nil))
}

func showForm(w io.Writer, r *http.Request) error {
	if r.Method == http.MethodPost {
		return say(w, "got "+r.PostFormValue("name"))
	}
	return say(w, string(csrf.TemplateField(r)))
}

func (g *goSite) logIn(w io.Writer, r *http.Request) error {
	user, err := g.Auth.Authenticate(r, r.PostFormValue("username"), r.PostFormValue("password"))
	if errors.Is(err, auth.ErrNoMatch) {
		return statusError(http.StatusUnauthorized)
	}
	if err != nil {
		return err
	}
	if err := g.Auth.Login(r, user); err != nil {
		return err
	}
	return say(w, user.Username)
}

func (g *goSite) logOut(w io.Writer, r *http.Request) error {
	g.Auth.Logout(r)
	return say(w, "bye")
}

// showMe says who the visitor is, and whether they may do what "perm" names.
func showMe(w io.Writer, r *http.Request) error {
	answer := auth.From(r).Username
	if answer == "" {
		answer = "nobody"
	}
	if perm := r.FormValue("perm"); perm != "" {
		answer += map[bool]string{true: " may", false: " may not"}[auth.HasPerm(r, perm)]
	}
	return say(w, answer)
}
