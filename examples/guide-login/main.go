// A site with a login: docs/login.md shows this program.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
	_ "github.com/jamsession/jamsession/site/all" // opens what the settings name
)

func main() {
	ctx := context.Background()
	s, err := settings.Load(settings.System())
	if err != nil {
		log.Fatal(err)
	}
	if err := site.Migrate(ctx, s, nil); err != nil { // makes the tables, if need be
		log.Fatal(err)
	}
	web, err := site.Open(ctx, s, nil)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("http://%s/", s.Get("ADDR"))
	log.Fatal(serverOf(web).ListenAndServe())
}

// serverOf returns a server with a limit on every wait for a client.
func serverOf(site *site.Site) *http.Server {
	return &http.Server{
		Addr:              site.Settings.Get("ADDR"),
		Handler:           site.Handler(policy(routes(site))),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
	}
}

// policy lets pages load nothing from elsewhere, and be in nobody's frame.
func policy(pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy",
			"default-src 'self'; object-src 'none'; form-action 'self'; "+
				"frame-ancestors 'none'; base-uri 'none'")
		w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
		pages.ServeHTTP(w, r)
	})
}

// routes returns the pages of the site.
func routes(site *site.Site) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", home)
	mux.Handle("GET /private", site.Auth.RequireLogin(http.HandlerFunc(private)))
	login := &login{site.Auth}
	mux.HandleFunc("GET /login", login.form)
	mux.HandleFunc("POST /login", login.in)
	mux.HandleFunc("POST /logout", login.out)
	return mux
}

var homePage = page(`<p>Hello, {{.User}}. <a href="/private">More</a>
<form action="/logout" method="post">{{.Token}}<button>Log out</button></form>`)

func home(w http.ResponseWriter, r *http.Request) { show(w, r, http.StatusOK, homePage, "") }

func private(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "Only users see this, and you are %s.\n", auth.From(r))
}
