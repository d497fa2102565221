package load

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"os"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
	sites "github.com/jamsession/jamsession/site"
	_ "github.com/jamsession/jamsession/site/all" // opens what the settings name
)

// ServeLogins is the process of the site that [RunHostile] attacks: it serves
// a login and a sign-up, as settings open them, on the listener that it
// inherits as file 3, until the context ends. A program that calls RunHostile
// calls ServeLogins if its first argument is "serve-logins", with the others.
func ServeLogins(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("serve-logins", flag.ContinueOnError)
	database := flags.String("database", "", "the DATABASE_URL")
	profile := flags.String("cpuprofile", "", "write a profile to this `file`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	// What is refused is logged, to nobody: a file would be part of the measure.
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	log.SetOutput(os.Stderr) // which that has changed
	site, err := openLogins(ctx, *database)
	if err != nil {
		return err
	}
	defer func() { _ = site.Close() }()
	stop, err := profileTo(*profile)
	if err != nil {
		return err
	}
	defer stop()
	return serve(ctx, site.Handler(loginPages(site.Auth)))
}

// openLogins opens the site with the settings that are the default.
func openLogins(ctx context.Context, database string) (*sites.Site, error) {
	s, err := settings.Load(settings.Sources{Flags: map[string]string{
		"DATABASE_URL": database,
		"SECRET_KEY":   "p4Yt7wq0Zr8Vd2Lx6Nb3Ms9Kc5Jh1Gf-Qe_Ta.Uo+Wi/Xy=RlHg",
		"LOGIN_URL":    "/login",
	}})
	if err != nil {
		return nil, err
	}
	if err := sites.Migrate(ctx, s, nil); err != nil {
		return nil, err
	}
	return sites.Open(ctx, s, nil)
}

// loginPages are those of the guide, docs/login.md, with little on them.
func loginPages(logins *auth.Manager) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "<!doctype html><form method=post>%s<input name=username><input name=password></form>",
			csrf.TemplateField(r))
	})
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		user, err := logins.Authenticate(r, r.PostFormValue("username"), r.PostFormValue("password"))
		if errors.Is(err, auth.ErrNoMatch) {
			http.Error(w, "There is no user with this password.", http.StatusUnauthorized)
			return
		}
		welcome(w, r, logins, user, err)
	})
	mux.HandleFunc("POST /signup", func(w http.ResponseWriter, r *http.Request) {
		user := auth.User{Username: r.PostFormValue("username"), IsActive: true}
		user, err := logins.SignUp(r, user, r.PostFormValue("password"))
		welcome(w, r, logins, user, err)
	})
	return mux
}

func welcome(w http.ResponseWriter, r *http.Request, logins *auth.Manager, user auth.User, err error) {
	if err == nil {
		err = logins.Login(r, user)
	}
	if err != nil {
		session.Abort(r, err)
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
