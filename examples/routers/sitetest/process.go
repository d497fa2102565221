// Package sitetest tests the sites of all routers: they behave alike.
package sitetest

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/authtest"
	"github.com/jamsession/jamsession/examples/routers/pages"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
)

const (
	asSite   = "ROUTERS_TEST_IS_SITE"
	password = "four odd words here"
)

// Main is for TestMain. The site runs in a process of its own, so that a test sees
// all that it prints, whoever prints it.
func Main(m *testing.M, routes func(*site.Site) http.Handler) {
	if os.Getenv(asSite) != "" {
		pages.Serve(closable(routes))
		return
	}
	os.Exit(m.Run())
}

// closedHeader asks for the site with RequireLoginEverywhere around its routes.
const closedHeader = "X-Test-Closed"

func closable(routes func(*site.Site) http.Handler) func(*site.Site) http.Handler {
	return func(site *site.Site) http.Handler {
		router := routes(site)
		closed := site.Auth.RequireLoginEverywhere(router, func(r *http.Request) bool {
			return r.URL.Path == "/about"
		})
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get(closedHeader) != "" {
				closed.ServeHTTP(w, r)
				return
			}
			router.ServeHTTP(w, r)
		})
	}
}

// A process is a site that runs.
type process struct {
	*site.Site // its database, seen from outside
	url        string
	printed    *printed
	stop       func()
}

// start runs the site of this test with a user ann.
func start(t *testing.T) *process {
	t.Helper()
	vars := map[string]string{
		"SECRET_KEY":   "p4Yt7wq0Zr8Vd2Lx6Nb3Ms9Kc5Jh1Gf-Qe_Ta.Uo+Wi/Xy=RlHg",
		"DATABASE_URL": "sqlite:///" + filepath.Join(t.TempDir(), "site.db"),
		"ADDR":         "127.0.0.1:0",
	}
	here := open(t, vars)
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), asSite+"=1")
	for name, value := range vars {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	reader, writer := io.Pipe()
	cmd.Stdout, cmd.Stderr = writer, writer
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{Site: here, printed: &printed{ended: make(chan struct{})}}
	address := make(chan string, 1)
	go p.printed.read(reader, address)
	p.stop = sync.OnceFunc(func() {
		cancel()
		_ = cmd.Wait() // it was killed
		_ = writer.Close()
		<-p.printed.ended
	})
	t.Cleanup(p.stop)
	select {
	case p.url = <-address:
	case <-time.After(30 * time.Second):
		t.Fatalf("the site does not start:\n%s", p.printed)
	}
	return p
}

// open opens the database of the site, and makes the user.
func open(t *testing.T, vars map[string]string) *site.Site {
	t.Helper()
	s, err := settings.Load(settings.Sources{Flags: vars})
	if err != nil {
		t.Fatal(err)
	}
	if err := site.Migrate(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	here, err := site.Open(t.Context(), s, &site.Options{Hashers: authtest.Hashers()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = here.Close() })
	hash, err := here.Hashers.Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	ann := auth.User{Username: "ann", Password: hash, IsActive: true}
	if _, err := here.Users().Create(t.Context(), ann); err != nil {
		t.Fatal(err)
	}
	return here
}

// printed is what a process prints.
type printed struct {
	ended chan struct{}
	mu    sync.Mutex
	text  strings.Builder
}

var listening = regexp.MustCompile(`http://127\.0\.0\.1:[1-9]\d*`)

// read reads until the process ends, and tells the address.
func (p *printed) read(r io.Reader, address chan<- string) {
	defer close(p.ended)
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		p.mu.Lock()
		p.text.WriteString(line)
		p.mu.Unlock()
		if url := listening.FindString(line); url != "" {
			select {
			case address <- url: // the first
			default:
			}
		}
		if err != nil {
			return
		}
	}
}

// String returns what has been printed so far.
func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}
