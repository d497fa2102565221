package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
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
			"makeexpired": makeExpired,
			"corrupt":     corrupt,
		},
	})
}

// openSite opens the database of a script.
func openSite(ts *testscript.TestScript) *settings.Site {
	s, err := settings.Load(settings.Sources{Flags: map[string]string{
		"SECRET_KEY": testKey, "DATABASE_URL": "sqlite:///" + ts.MkAbs("db.sqlite3"),
	}})
	ts.Check(err)
	site, err := settings.Open(context.Background(), s)
	ts.Check(err)
	ts.Defer(func() { _ = site.Close() })
	return site
}

// makeSession VAR USER makes a session of a user and sets VAR to its
// fingerprint, and VAR_KEY to its key.
func makeSession(ts *testscript.TestScript, _ bool, args []string) {
	site := openSite(ts)
	s, err := site.Sessions.Load(context.Background(), "")
	ts.Check(err)
	s.Set("_auth_user_id", args[1])
	s.Set("_auth_user_hash", "do-not-show-this-hash")
	s.Set("cart", []string{"apple", "pear"})
	ts.Check(s.Save(context.Background()))
	ts.Setenv(args[0], s.Fingerprint())
	ts.Setenv(args[0]+"_KEY", s.Key())
}

// makeExpired N makes sessions that have expired.
func makeExpired(ts *testscript.TestScript, _ bool, args []string) {
	site := openSite(ts)
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	for i := range n {
		ts.Check(site.Store.Create(context.Background(), session.Record{
			Key: fmt.Sprintf("expired%025d", i), Data: []byte("x"), Expiry: time.Now().Add(-time.Hour),
		}))
	}
}

// corrupt damages the data of all sessions.
func corrupt(ts *testscript.TestScript, _ bool, _ []string) {
	db, err := sql.Open("sqlite", ts.MkAbs("db.sqlite3"))
	ts.Check(err)
	_, err = db.Exec("UPDATE django_session SET session_data = 'garbage'")
	ts.Check(err)
	ts.Check(db.Close())
}

// TestPackageCommentListsTheCommands: the comment on main is what --help says.
func TestPackageCommentListsTheCommands(t *testing.T) {
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	comment, _, _ := strings.Cut(string(source), "\npackage main")
	var out bytes.Buffer
	if status := run(t.Context(), []string{"--help"}, stdio{os.Stdin, &out, &out}); status != 0 {
		t.Fatalf("status %d", status)
	}
	_, commands, _ := strings.Cut(out.String(), "Commands:\n")
	documented := regexp.MustCompile(`(?m)^//\tjamsession (\w+)`).FindAllStringSubmatch(comment, -1)
	listed := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^  (\w+)`).FindAllStringSubmatch(commands, -1) {
		listed[m[1]] = true
	}
	if len(documented) != len(listed) {
		t.Errorf("the comment has %d commands, --help has %d", len(documented), len(listed))
	}
	for _, m := range documented {
		if !listed[m[1]] {
			t.Errorf("--help does not list %s", m[1])
		}
	}
}

// TestHelpFitsTheTerminal: no line of any help is wider than 80 columns.
func TestHelpFitsTheTerminal(t *testing.T) {
	for _, command := range []string{
		"", "migrate", "createsuperuser", "changepassword", "clearsessions", "sessions",
		"sessions list", "sessions show", "sessions delete", "decode", "check", "version",
	} {
		var out bytes.Buffer
		args := append(strings.Fields(command), "--help")
		if status := run(t.Context(), args, stdio{os.Stdin, &out, &out}); status != 0 || out.Len() == 0 {
			t.Errorf("%s --help: status %d", command, status)
		}
		for line := range strings.Lines(out.String()) {
			if len(strings.TrimSuffix(line, "\n")) > 80 {
				t.Errorf("%s --help: too wide: %s", command, line)
			}
		}
	}
}

// TestInterruptEndsClearsessions: a Ctrl-C says how far it came.
func TestInterruptEndsClearsessions(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("SECRET_KEY", testKey)
	std := stdio{os.Stdin, new(bytes.Buffer), new(bytes.Buffer)}
	if status := run(t.Context(), []string{"migrate"}, std); status != 0 {
		t.Fatal(std.err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	site, err := (&app{t.Context(), std, new(globals)}).open(true)
	if err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	cancel()
	n, err := (&clearCommand{BatchSize: 10}).clear(&app{ctx, std, nil}, site, time.Now(), 0)
	if n != 0 || err == nil || report(std.err, err) != 1 {
		t.Errorf("got %d, %v", n, err)
	}
	if text := fmt.Sprint(std.err); text != "jamsession: stopped\n" {
		t.Errorf("printed %q", text)
	}
}

func TestVersionKnowsGo(t *testing.T) {
	out, err := exec.Command("go", "env", "GOVERSION").Output()
	if err != nil {
		t.Skip("not run: no go command")
	}
	var got bytes.Buffer
	run(t.Context(), []string{"version"}, stdio{os.Stdin, &got, &got})
	if !strings.HasPrefix(got.String(), "jamsession ") || !strings.Contains(got.String(), strings.TrimSpace(string(out))) {
		t.Errorf("got %s", &got)
	}
}
