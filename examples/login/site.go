package main

import (
	"context"
	"html/template"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/reset"
	"github.com/jamsession/jamsession/console"
	"github.com/jamsession/jamsession/site"
)

// paths are the site's pages by name, so that templates and redirects name a
// page and do not repeat where it is.
var paths = map[string]string{
	"index":     "/",
	"set":       "/set/",
	"show":      "/show/",
	"delete":    "/delete/",
	"clear":     "/clear/",
	"signup":    "/signup/",
	"login":     "/login/",
	"logout":    "/logout/",
	"dashboard": "/dashboard/",
	"password":  "/password/",
	"reset":     "/reset/",
	"devices":   "/devices/",
	"live":      "/live/",
	"staff":     "/staff/",
	"console":   "/console/",
	"metrics":   "/metrics",
	"livez":     "/livez",
	"readyz":    "/readyz",
	"style":     "/style.css",
	"script":    "/script.js",
	"icon":      "/icon.svg",
}

// resetLink is the page that a mailed link opens.
const resetLink = "/reset/{id}/{token}/"

// path returns the path of a page. An unknown name is a mistake in this
// program, which the first request would show.
func path(name string) string {
	p, ok := paths[name]
	if !ok {
		panic("no page is called " + name)
	}
	return p
}

// An app is the pages, with what they need.
type app struct {
	*site.Site
	resets    *reset.Resets
	console   *console.Console
	templates map[string]*template.Template
}

// newApp returns the pages on an open database. Links in mails begin with
// url. Close the app at the end, before the site.
func newApp(web *site.Site, url string) (*app, error) {
	pages, err := parseTemplates()
	if err != nil {
		return nil, err
	}
	resets, err := reset.New(web.Auth, web.Users(), web.Tokens, web.Mail, &reset.Options{
		URL: url + resetLink, Limiter: web.ResetLimiter,
	})
	if err != nil {
		return nil, err
	}
	s := &app{Site: web, resets: resets, templates: pages}
	s.console, err = console.New(web, &console.Options{NotFound: http.HandlerFunc(s.missing)})
	return s, err
}

// close ends what open pages of the console follow, and sends the waiting mails, for ten seconds
// at most.
func (s *app) close() {
	s.console.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = s.resets.Close(ctx) // what it gives up, it logs
}

// recently is how long ago the login may be for a change of the password.
const recently = 10 * time.Minute

// handler returns the site: routes inside sessions, CSRF checks, logins and
// messages, and beside them what tells whether it is well.
func (s *app) handler() http.Handler {
	mux := http.NewServeMux()
	page := func(pattern string, h http.Handler) { mux.Handle(pattern+"{$}", h) }
	everybody := func(h http.HandlerFunc) http.Handler { return h }
	users := func(h http.HandlerFunc) http.Handler { return s.Auth.RequireLogin(h) }
	recent := func(h http.HandlerFunc) http.Handler { return s.Auth.RequireFresh(recently, h) }
	staff := func(h http.HandlerFunc) http.Handler { return s.requireStaff(h) }

	page("GET "+path("index"), everybody(s.index))
	page("POST "+path("set"), everybody(s.set))
	page("GET "+path("show"), everybody(s.show))
	page("POST "+path("delete"), everybody(s.delete))
	page("POST "+path("clear"), everybody(s.clear))

	page("GET "+path("signup"), everybody(s.signupForm))
	page("POST "+path("signup"), everybody(s.signup))
	page("GET "+path("login"), everybody(s.loginForm))
	page("POST "+path("login"), everybody(s.login))
	page("POST "+path("logout"), everybody(s.logout))
	page("GET "+path("reset"), everybody(s.resetForm))
	page("POST "+path("reset"), everybody(s.reset))
	page("GET "+resetLink, everybody(s.newPasswordForm))
	page("POST "+resetLink, everybody(s.newPassword))

	page("GET "+path("dashboard"), users(s.dashboard))
	page("GET "+path("devices"), users(s.devices))
	page("POST "+path("devices"), users(s.endDevice))
	page("GET "+path("live"), everybody(s.live))
	page("GET "+path("password"), recent(s.passwordForm))
	page("POST "+path("password"), recent(s.changePassword))
	page("GET "+path("staff"), staff(s.staff))
	inside := http.StripPrefix("/console", s.console) // asks itself whom it lets in
	mux.Handle("GET "+path("console"), inside)
	mux.Handle("POST "+path("console"), inside)

	// For people. A Prometheus has no session: give it an address of its own, see
	// docs/observability.md.
	mux.Handle("GET "+path("metrics"), s.Auth.RequirePerm("sessions.view_session", s.Metrics))

	mux.Handle("GET "+path("style"), file("text/css; charset=utf-8", style))
	mux.Handle("GET "+path("script"), file("text/javascript; charset=utf-8", script))
	mux.Handle("GET "+path("icon"), file("image/svg+xml", icon))
	mux.Handle("GET /", everybody(s.notFound))
	return ownOnly(s.besideHealth(s.Handler(contentPolicy(mux))))
}

// besideHealth answers load balancers, which know neither ALLOWED_HOSTS nor sessions.
func (s *app) besideHealth(pages http.Handler) http.Handler {
	live, ready := s.Health.Live(), s.Health.Ready()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case path("livez"):
			live.ServeHTTP(w, r)
		case path("readyz"):
			ready.ServeHTTP(w, r)
		default:
			pages.ServeHTTP(w, r)
		}
	})
}

// requireStaff lets only staff through. A user who is logged in but not staff
// gets a page that says so: logging in again would not help.
func (s *app) requireStaff(next http.Handler) http.Handler {
	return s.Auth.RequireLogin(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !auth.From(r).IsStaff {
			s.render(w, r, http.StatusForbidden, "forbidden", "Staff only", nil)
			return
		}
		next.ServeHTTP(w, r)
	}))
}

// contentPolicy is for pages that load only their own files, from this site, and
// that nobody may frame. Answers that are not pages of this program have a
// policy already; other security headers are settings.
func contentPolicy(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; "+
			"style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "+
			"form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		next.ServeHTTP(w, r)
	})
}

// ownOnly keeps other sites from loading anything from here into their
// pages.
func ownOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}
