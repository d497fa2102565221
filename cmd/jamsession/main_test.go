package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"jamsession": main})
}

// testKey is the SECRET_KEY of the scripts.
const testKey = "mkWzQ2v7TzfVnRr4pXoB9sEu1LhYjCd3GqA6tNwKiZ5xPyUf0e"

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("SECRET_KEY", testKey)
			env.Setenv("PBKDF2_ITERATIONS", "1000")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"makesession": makeSession,
			"makealike":   makeAlike,
			"makeexpired": makeExpired,
			"execsql":     execSQL,
			"guess":       guess,
		},
	})
}

// openSite opens the database of a script.
func openSite(ts *testscript.TestScript) *site.Site {
	s, err := settings.Load(settings.Sources{Flags: map[string]string{
		"SECRET_KEY": testKey, "DATABASE_URL": "sqlite:///" + ts.MkAbs("db.sqlite3"),
	}})
	ts.Check(err)
	site, err := site.Open(context.Background(), s, nil)
	ts.Check(err)
	ts.Defer(func() { _ = site.Close() })
	return site
}

// makeSession VAR USER [DEVICE] makes a session of a user and sets VAR to its
// fingerprint, and VAR_KEY to its key.
func makeSession(ts *testscript.TestScript, _ bool, args []string) {
	site := openSite(ts)
	s, err := site.Sessions.ByKey(context.Background(), "")
	ts.Check(err)
	s.Set("_auth_user_id", args[1])
	s.Set("_auth_user_hash", "do-not-show-this-hash")
	s.Set("cart", []string{"apple", "pear"})
	s.Set("api_token", "do-not-show-this-token")
	if len(args) > 2 {
		s.Set("_device", args[2])
	}
	ts.Check(s.Save(context.Background()))
	ts.Setenv(args[0], s.Fingerprint())
	ts.Setenv(args[0]+"_KEY", s.Key())
}

// makeAlike VAR makes two sessions whose fingerprints begin with the same
// four digits, and sets VAR to these.
func makeAlike(ts *testscript.TestScript, _ bool, args []string) {
	site := openSite(ts)
	seen := make(map[string]string)
	for i := 0; ; i++ {
		key := fmt.Sprintf("alike%027d", i)
		prefix := session.Fingerprint(key)[:minPrefix]
		other, ok := seen[prefix]
		seen[prefix] = key
		if !ok {
			continue
		}
		for _, key := range []string{key, other} {
			ts.Check(site.Store.Create(context.Background(), session.Record{
				Key: key, Data: []byte("x"), Expiry: time.Now().Add(time.Hour),
			}))
		}
		ts.Setenv(args[0], prefix)
		return
	}
}

// makeExpired N makes sessions that have expired.
func makeExpired(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	ts.Check(addExpired(openSite(ts), n))
}

func addExpired(site *site.Site, n int) error {
	for i := range n {
		err := site.Store.Create(context.Background(), session.Record{
			Key: fmt.Sprintf("expired%025d", i), Data: []byte("x"), Expiry: time.Now().Add(-time.Hour),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// execSQL STATEMENT changes the database behind the program's back.
func execSQL(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("sqlite", ts.MkAbs("db.sqlite3"))
	ts.Check(err)
	_, err = db.Exec(args[0])
	ts.Check(err)
	ts.Check(db.Close())
}

// guess NAME ADDRESS N makes attempts to log in that must pass, or with ! must
// be refused.
func guess(ts *testscript.TestScript, neg bool, args []string) {
	site := openSite(ts)
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	for i := range n {
		r := httptest.NewRequest(http.MethodPost, "/login", nil)
		r.RemoteAddr = args[1] + ":1234"
		_, err := site.Auth.Authenticate(r, args[0], fmt.Sprint("guess ", i))
		if errors.Is(err, throttle.ErrLimited) != neg {
			ts.Fatalf("guess %d at %s: %v", i+1, args[0], err)
		}
	}
}
