// Django-beside-go serves one site from two programs: the paths below /django/
// in Django, those below /go/ in Go. Both have the same visitors, logins,
// sessions and forms.
//
//	go run ./examples/django-beside-go
//
// It needs a Python with Django (apt-get install python3-django, or pip install
// django), 3.2 or newer: python3, or the program that the environment variable
// DJANGO_PYTHON names. It listens on 127.0.0.1 only, on a free port or at ADDR.
// It writes only into a temporary folder, which it removes at the end.
//
// # Reading order
//
// proxy.go is the one address in front, and routes each path; django_site.py is
// the Django site and site.go the Go site, with the same pages. This file
// starts them, and django.go starts Python.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
	_ "github.com/jamsession/jamsession/site/all" // opens what the settings name
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "django-beside-go:", err)
		os.Exit(1)
	}
}

// run serves both sites until ctx is done, and cleans up.
func run(ctx context.Context, out io.Writer) error {
	python, err := findPython(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "django-beside-go-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	front, err := listen(ctx, orElse(os.Getenv("ADDR"), "127.0.0.1:0"))
	if err != nil {
		return fmt.Errorf("%w: set ADDR to another address", err)
	}
	defer func() { _ = front.Close() }()

	shared := shared{
		secretKey: rand.Text() + rand.Text(),
		database:  filepath.Join(dir, "db.sqlite3"),
		username:  "demo",
		password:  newPassword(),
	}
	django, err := startDjango(ctx, python, dir, shared)
	if err != nil {
		return err
	}
	defer django.stop()
	goSite, err := openGoSite(ctx, shared, django.Iterations)
	if err != nil {
		return err
	}
	defer func() { _ = goSite.Close() }()
	back, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { _ = back.Close() }()

	fmt.Fprintf(out, "\n  Open      http://%s/\n  User      %s\n  Password  %s\n  Python    %s, Django %s\n"+
		"  Stop      Ctrl-C\n\n", front.Addr(), shared.username, shared.password, python, django.Version)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go func() { stop(serve(ctx, back, goSite.handler())) }()
	go func() { stop(django.wait()) }()
	err = serve(ctx, front, newProxy(django.url, "http://"+back.Addr().String()))
	if cause := context.Cause(ctx); err == nil && !errors.Is(cause, context.Canceled) {
		return cause // one of the two has ended unexpectedly
	}
	return err
}

// shared has the settings in which both sites must agree, besides Django's
// defaults.
type shared struct {
	secretKey          string
	database           string // the path of a SQLite file
	username, password string
}

// openGoSite opens the tables that Django has made. A new hash costs as many
// iterations as in this release of Django: otherwise each side would replace
// the hashes of the other at the next login, which ends the user's other
// sessions.
func openGoSite(ctx context.Context, shared shared, iterations int) (*app, error) {
	s, err := settings.Load(settings.Sources{Flags: map[string]string{
		"SECRET_KEY":         shared.secretKey,
		"DATABASE_URL":       "sqlite:///" + filepath.ToSlash(shared.database),
		"PBKDF2_ITERATIONS":  strconv.Itoa(iterations),
		"LOGIN_URL":          "/go/",
		"LOGIN_REDIRECT_URL": "/go/",
		"LOGIN_LIMIT_STORE":  "memory",
		"X_FRAME_OPTIONS":    "SAMEORIGIN", // both.html shows the pages of both in frames
	}})
	if err != nil {
		return nil, err
	}
	web, err := site.Open(ctx, s, nil)
	if err != nil {
		return nil, err
	}
	return &app{web}, nil
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
}

// serve answers requests until ctx is done, and then lets those that are
// under way finish.
func serve(ctx context.Context, listener net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10}
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

// newPassword returns 80 random bits in groups that a person can type.
func newPassword() string {
	text := strings.ToLower(rand.Text())
	return strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:16]}, "-")
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
