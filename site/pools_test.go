package site_test

import (
	"context"
	"database/sql"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/site"
)

// TestExhaustedPool: while somebody has all that a visitor needs, each of a hundred gets 503
// within STORE_TIMEOUT, the process has as many goroutines as before soon afterwards, and
// the next visitor is served at once when it is free again.
func TestExhaustedPool(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("all", func(t *testing.T) { exhaustPools(t) })
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before+50; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, of %d before", runtime.NumGoroutine(), before)
		}
	}
}

func exhaustPools(t *testing.T) {
	t.Helper()
	postgres := func(t *testing.T) string {
		return postgresURL(servertest.Postgres(t)) + "&max_conns=4"
	}
	for name, c := range map[string]struct {
		url  func(t *testing.T) string // of the database; nil is SQLite
		hold func(t *testing.T, site *site.Site) (release func())
	}{
		"SQLite, all connections taken":     {nil, takeAll},
		"PostgreSQL, all connections taken": {postgres, takeAll},
		"PostgreSQL, the table locked":      {postgres, lockTable},
		"MariaDB, all connections taken":    {mariaURL, takeAll},
		"MariaDB, the table locked":         {mariaURL, lockTable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vars := map[string]string{"STORE_TIMEOUT": "1"}
			if c.url != nil {
				vars["DATABASE_URL"] = c.url(t)
			}
			s := settingsOf(t, tempFile(t), vars)
			if err := site.Migrate(t.Context(), s, nil); err != nil {
				t.Fatal(err)
			}
			here := openWith(t, s, nil)
			addUser(t, here)
			base, client := serve(t, here)
			cookie := logIn(t, base, client)
			release := c.hold(t, here)
			besiege(t, base, cookie)
			release()
			start := time.Now()
			if got := me(t, base, cookie); got != "200 alice" || time.Since(start) > 900*time.Millisecond {
				t.Errorf("afterwards: %s, after %v", got, time.Since(start))
			}
		})
	}
}

func mariaURL(t *testing.T) string {
	at := servertest.MariaDB(t)
	return "mysql://root@" + at.Addr + "/" + at.Name + "?max_conns=4"
}

// takeAll takes all connections of the site's pools.
func takeAll(t *testing.T, site *site.Site) (release func()) {
	t.Helper()
	var held []*sql.Conn
	pools := []*sql.DB{site.Database.DB}
	if readers := site.Database.Readers; readers != nil && readers != pools[0] {
		pools = append(pools, readers)
	}
	for _, pool := range pools {
		for range pool.Stats().MaxOpenConnections {
			conn, err := pool.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, conn)
		}
	}
	return func() {
		for _, conn := range held {
			_ = conn.Close()
		}
	}
}

// lockTable locks the sessions as a program does that changes the table, so that all
// connections of the site wait for the server.
func lockTable(t *testing.T, site *site.Site) (release func()) {
	t.Helper()
	conn, err := site.Database.DB.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	statements := []string{"BEGIN", "LOCK TABLE django_session IN ACCESS EXCLUSIVE MODE"}
	end := "ROLLBACK"
	if site.Database.Dialect == django.MySQL {
		statements, end = []string{"LOCK TABLES django_session WRITE"}, "UNLOCK TABLES"
	}
	for _, statement := range statements {
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		if _, err := conn.ExecContext(context.WithoutCancel(t.Context()), end); err != nil {
			t.Error(err)
		}
		_ = conn.Close()
	}
}

// besiege lets a hundred visitors ask at once.
func besiege(t *testing.T, base string, cookie *http.Cookie) {
	t.Helper()
	const visitors = 100
	client := &http.Client{Transport: &http.Transport{}}
	var asking sync.WaitGroup
	for range visitors {
		asking.Go(func() {
			start := time.Now()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/me", nil)
			if err != nil {
				t.Error(err)
				return
			}
			r.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
			resp, err := client.Do(r)
			got := answer(t, resp, err)
			if took := time.Since(start); !strings.HasPrefix(got, "503 ") || took > 3*time.Second {
				t.Errorf("a visitor got %.20s after %v", got, took)
			}
		})
	}
	asking.Wait()
	client.CloseIdleConnections()
}
