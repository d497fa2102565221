package soak

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"go.uber.org/goleak"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
	_ "github.com/jamsession/jamsession/site/all" // opens what the settings name
)

// childVar is set for a process that serves the site.
const childVar = "JAMSESSION_SOAK_SITE"

// serve runs the site that the environment describes until SIGTERM, and returns the exit
// code: 1 if something is left of it afterwards.
func serve() int {
	if err := serveSite(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func serveSite() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	s, err := settings.Load(settings.System())
	if err != nil {
		return err
	}
	here, err := site.Open(ctx, s, nil)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: here.Handler(pages(here))}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	fmt.Println(listener.Addr())
	<-ctx.Done()
	stop()
	if err := server.Shutdown(context.Background()); err != nil {
		return err
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	if err := here.Close(); err != nil {
		return err
	}
	return leftBehind()
}

// leftBehind returns what a closed site has not given back.
func leftBehind() error {
	if err := goleak.Find(); err != nil {
		return err
	}
	if n := sockets(); n > 0 {
		return fmt.Errorf("%d sockets are open after Close", n)
	}
	return nil
}

// pages answer with who the visitor is, whose items the session holds, and their count.
func pages(here *site.Site) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		user, err := here.Users().ByUsername(r.Context(), r.FormValue("name"))
		if err == nil {
			err = here.Auth.Login(r, user)
		}
		if err != nil {
			session.Abort(r, err)
		}
		owner.Set(session.From(r), user.Username)
		show(w, r)
	})
	mux.HandleFunc("/logout", func(w http.ResponseWriter, r *http.Request) {
		here.Auth.Logout(r)
		fmt.Fprint(w, "bye")
	})
	for path, act := range map[string]func(*session.Session){
		"/who":    func(*session.Session) {},
		"/add":    func(s *session.Session) { count.Update(s, 0, func(n int) int { return n + 1 }) },
		"/rotate": (*session.Session).CycleKey,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			if auth.From(r).IsAuthenticated() {
				act(session.From(r))
			}
			show(w, r)
		})
	}
	mux.HandleFunc("/measure", measure)
	return mux
}

const (
	owner = session.Item[string]("owner")
	count = session.Item[int]("count")
)

func show(w http.ResponseWriter, r *http.Request) {
	s := session.From(r)
	fmt.Fprintf(w, "%q %q %d", auth.From(r).Username, owner.Get(s, ""), count.Get(s, 0))
}

// measure answers with what the process uses when it is idle.
func measure(w http.ResponseWriter, _ *http.Request) {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Fprintf(w, "%d %d %d", runtime.NumGoroutine(), sockets(), m.HeapAlloc)
}

// sockets counts those that the process has, where the system tells; else 0.
func sockets() (n int) {
	files, _ := filepath.Glob("/proc/self/fd/*")
	for _, file := range files {
		if target, err := os.Readlink(file); err == nil && strings.HasPrefix(target, "socket:") {
			n++
		}
	}
	return n
}

// settled is how long an idle process may take to give back what requests have used.
const settled = 10 * time.Second
