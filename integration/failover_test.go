package integration

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/servertest"
	sites "github.com/jamsession/jamsession/site"
)

// soon is how long it may take until requests reach the server that leads. That
// is less than a second, unless the machine is busy.
const soon = 5 * time.Second

// A cluster is a database on two servers.
type cluster struct {
	start   func(testing.TB) (*servertest.Server, servertest.Database)
	url     func(servertest.Database) string
	prepare []string // statements before there is a second server
	second  func(*servertest.Server, testing.TB) *servertest.Server

	readOnly, writable string // statements on a server
}

// clusters are a real standby, and a server that is told to be read-only to all
// who are not its administrators.
var clusters = map[string]cluster{
	"PostgreSQL": {
		start: servertest.StartPostgres,
		url: func(db servertest.Database) string {
			return "postgres://" + db.User + "@" + db.Addr + "/" + db.Name + "?sslmode=disable"
		},
		second:   (*servertest.Server).Standby,
		readOnly: "ALTER SYSTEM SET default_transaction_read_only = on",
		writable: "SELECT pg_promote()",
	},
	"MariaDB": {
		start: servertest.StartMariaDB,
		url: func(db servertest.Database) string {
			return "mysql://site@" + db.Addr + "/" + db.Name
		},
		prepare: []string{
			"CREATE USER site@'127.0.0.1'", "GRANT ALL ON *.* TO site@'127.0.0.1'",
			"REVOKE SUPER, READ_ONLY ADMIN ON *.* FROM site@'127.0.0.1'",
		},
		second:   (*servertest.Server).Copy,
		readOnly: "SET GLOBAL read_only = 1",
		writable: "SET GLOBAL read_only = 0",
	},
}

// TestEveryPartOfASiteFollowsTheNameToTheServerThatLeads: connections that were
// made while the name led to a server that only reads are not kept, and neither
// are those to one that became such a server.
func TestEveryPartOfASiteFollowsTheNameToTheServerThatLeads(t *testing.T) {
	for name, c := range clusters {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, db := c.start(t)
			for _, statement := range c.prepare {
				first.Run(t, statement)
			}
			site := openWholeSite(t, c.url(db), "db", 5*time.Second, io.Discard)
			_, key := populate(t, site, "db")
			if err := site.Close(); err != nil {
				t.Fatal(err)
			}
			second := c.second(first, t)
			if name == "MariaDB" {
				second.Run(t, c.readOnly)
			}
			name := servertest.NewName(t, first.Addr)
			db.Addr = name.Addr
			site = openWholeSite(t, c.url(db), "db", 5*time.Second, io.Discard)
			defer site.Close()
			paths := requestsOf(t, site, key)
			servedSoon(t, paths)

			name.Move(second.Addr) // by mistake
			name.Cut()
			for _, ask := range paths {
				ask()
			}
			name.Move(first.Addr)
			servedSoon(t, paths)

			first.Run(t, c.readOnly)
			if name := c.readOnly; name[:5] == "ALTER" {
				first.Run(t, "SELECT pg_reload_conf()")
			}
			second.Run(t, c.writable)
			name.Move(second.Addr)
			servedSoon(t, paths)
		})
	}
}

// requestsOf returns requests that ask each part of a site, and their statuses.
func requestsOf(t *testing.T, site *sites.Site, key string) map[string]func() int {
	t.Helper()
	user, err := site.Users().ByUsername(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	handler := site.Handler(silentPages(site, user))
	requests := make(map[string]func() int)
	for _, path := range []string{"/login", "/user", "/permission", "/limit", "/group", "/count"} {
		requests[path] = func() int {
			r := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
			if path != "/login" { // which would move the session
				r.AddCookie(&http.Cookie{Name: "sessionid", Value: key})
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			return w.Code
		}
	}
	return requests
}

// servedSoon asks from several goroutines until each is served again and again,
// and fails if that takes long.
func servedSoon(t *testing.T, requests map[string]func() int) {
	t.Helper()
	begin := time.Now()
	var visitors sync.WaitGroup
	for path, ask := range requests {
		for range 3 {
			visitors.Go(func() {
				for served := 0; served < 20; served++ {
					status := ask()
					if status == http.StatusOK {
						continue
					}
					served = -1
					if since := time.Since(begin); since > soon {
						t.Error(fmt.Errorf("%s: status %d after %v", path, status, since))
						return
					}
				}
			})
		}
	}
	visitors.Wait()
}
