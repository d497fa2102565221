// Login is a small site with sessions and a login, to run, to read and to
// copy from: the site of Django's session tutorial, in Go.
//
//	go run ./examples/login
//
// It keeps everything in a SQLite file in the working directory, which a
// Django site with the same SECRET_KEY can read. At the first start it makes
// the user "demo" and prints a password.
//
// # Settings
//
// Package settings lists the settings; they are read from the environment
// and from jamsession.toml. The most used ones are ADDR (default
// 127.0.0.1:8000), DATABASE_URL (sqlite:///db.sqlite3) and SECRET_KEY. Without
// a SECRET_KEY, one is made and kept in the file secret_key; that is refused
// for an address that others can reach. The site's pages decide LOGIN_URL,
// LOGIN_REDIRECT_URL and LOGOUT_REDIRECT_URL.
//
// Mails with reset links are shown on the terminal, unless EMAIL_URL names a
// server. Their links begin with SITE_URL of the environment, such as
// https://www.example.com; without it, with the address that the site listens
// on, which has to name a host then: ADDR=:8000 does not.
//
// # Reading order
//
// site.go has the routes and who may use them; render.go, how a page is made.
// Then each file is one topic: login.go, signup.go, password.go, reset.go,
// devices.go, live.go, staff.go; pages.go has the session tutorial. The console at /console/ is package
// console.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
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

const secretKeyFile = "secret_key"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "login:", err)
		os.Exit(1)
	}
}

// run serves the site until ctx is done.
func run(ctx context.Context, out io.Writer) error {
	s, err := load()
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.Get("ADDR"))
	if err != nil {
		return fmt.Errorf("%w: set ADDR to another address, such as ADDR=127.0.0.1:8001", err)
	}
	defer func() { _ = listener.Close() }()
	url, err := siteURL(os.LookupEnv, listener.Addr())
	if err != nil {
		return err
	}
	if err := site.Migrate(ctx, s, nil); err != nil {
		return err
	}
	web, err := site.Open(ctx, s, nil)
	if err != nil {
		return err
	}
	defer func() { _ = web.Close() }()
	welcome, err := makeDemoUser(ctx, web)
	if err != nil {
		return err
	}
	app, err := newApp(web, url)
	if err != nil {
		return err
	}
	defer app.close()
	fmt.Fprintf(out, "\n  Open      http://%s/\n%s  Stop      Ctrl-C\n\n", listener.Addr(), welcome)
	return serve(ctx, listener, app.handler(), app.console.Close)
}

// year is how long a browser that came over HTTPS accepts nothing else. Over
// plain HTTP, as when you try the site, the header is not sent.
const year = "31536000"

// load reads the settings, and makes a secret key on a site that nobody else
// can reach.
func load() (*settings.Settings, error) {
	src := settings.System()
	src.Defaults = map[string]string{
		"LOGIN_URL":           path("login"),
		"LOGIN_REDIRECT_URL":  path("dashboard"),
		"LOGOUT_REDIRECT_URL": path("login"),
		"SECURE_HSTS_SECONDS": year,
	}
	s, err := settings.Load(src)
	if err != nil {
		return nil, err
	}
	if _, err := s.Keys(); err == nil {
		return s, nil
	}
	key, err := settings.DemoSecretKey(secretKeyFile)
	if err != nil {
		return nil, err
	}
	src.Defaults["SECRET_KEY"] = key.Reveal()
	return settings.Load(src)
}

// newServer returns a server that waits for nobody forever.
func newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
}

// serve answers requests until ctx is done, and then lets those that are
// under way finish. Those that would go on are told by ending.
func serve(ctx context.Context, listener net.Listener, h http.Handler, ending func()) error {
	server := newServer(h)
	server.RegisterOnShutdown(ending)
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		stopped <- server.Shutdown(ctx)
	})
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		stop()
		return err
	}
	return <-stopped
}
