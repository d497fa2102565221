// A site with a login. Its settings are in jamsession.toml.
package main

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
	_ "github.com/jamsession/jamsession/site/all" // opens what the settings name
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

// run serves the site until ctx is done.
func run(ctx context.Context) error {
	s, err := load(settings.System())
	if err != nil {
		return err
	}
	web, err := open(ctx, s, nil)
	if err != nil {
		return err
	}
	defer func() { _ = web.Close() }()
	listener, err := net.Listen("tcp", s.Get("ADDR"))
	if err != nil {
		return err
	}
	log.Printf("http://%s/", listener.Addr())
	return serve(ctx, serverOf(web), listener)
}

// load reads the settings. Where nobody else can reach the site, the file secret_key
// stands in for a SECRET_KEY that is not set.
func load(from settings.Sources) (*settings.Settings, error) {
	s, err := settings.Load(from)
	if err != nil {
		return nil, err
	}
	if _, err := s.Keys(); err == nil {
		return s, nil
	}
	key, err := settings.DemoSecretKey("secret_key")
	if err != nil {
		return nil, err
	}
	from.Defaults = map[string]string{"SECRET_KEY": key.Reveal()}
	return settings.Load(from)
}

// open opens the site, and makes its tables if need be.
func open(ctx context.Context, s *settings.Settings, o *site.Options) (*site.Site, error) {
	if err := site.Migrate(ctx, s, o); err != nil {
		return nil, err
	}
	return site.Open(ctx, s, o)
}

// serverOf returns a server with a limit on every wait for a client.
func serverOf(site *site.Site) *http.Server {
	return &http.Server{
		Handler:           handler(site),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
	}
}

// serve answers requests until ctx is done, and lets those that are under way finish.
func serve(ctx context.Context, server *http.Server, listener net.Listener) error {
	stopped := make(chan error, 1)
	context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		stopped <- server.Shutdown(ctx)
	})
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

// handler is the whole site.
func handler(site *site.Site) http.Handler { return site.Handler(policy(routes(site))) }

// policy lets pages load nothing from elsewhere, and be in nobody's frame.
func policy(pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy",
			"default-src 'self'; img-src 'self' data:; object-src 'none'; form-action 'self'; "+
				"frame-ancestors 'none'; base-uri 'none'")
		w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
		pages.ServeHTTP(w, r)
	})
}
