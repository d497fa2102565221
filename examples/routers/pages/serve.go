// Package pages has what the sites of all routers share: the program around the
// routes, the login, and the pages. They are handlers of net/http, which every
// router can take. docs/login.md explains most of them.
package pages

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
	_ "github.com/jamsession/jamsession/site/all" // opens what the settings name
)

// Serve runs a site with these routes until it is interrupted.
func Serve(routes func(*site.Site) http.Handler) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, routes); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, routes func(*site.Site) http.Handler) error {
	sources := settings.System()
	sources.Defaults = map[string]string{
		"LOGIN_URL": "/login", "LOGIN_REDIRECT_URL": "/", "LOGOUT_REDIRECT_URL": "/",
	}
	s, err := settings.Load(sources)
	if err != nil {
		return err
	}
	if err := site.Migrate(ctx, s, nil); err != nil { // makes the tables, if need be
		return err
	}
	web, err := site.Open(ctx, s, nil)
	if err != nil {
		return err
	}
	return errors.Join(listen(ctx, web, routes), web.Close())
}

// listen answers requests until ctx ends.
func listen(ctx context.Context, web *site.Site, routes func(*site.Site) http.Handler) error {
	listener, err := net.Listen("tcp", web.Settings.Get("ADDR"))
	if err != nil {
		return err
	}
	log.Printf("http://%s/", listener.Addr())
	server := serverOf(Around(web, routes(web)))
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return server.Close() // streams do not end by themselves
	}
	return nil
}

// Around puts the site around a router: everything that the router answers passes
// through it, its own errors as well.
func Around(web *site.Site, router http.Handler) http.Handler {
	return web.Handler(policy(router))
}

// serverOf returns a server with a limit on every wait for a client.
func serverOf(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
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
