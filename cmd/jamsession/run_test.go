package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/site"
)

// migrated changes to a folder with an empty site, and returns streams. The
// input stays empty, and does not end.
func migrated(t *testing.T) stdio {
	t.Helper()
	t.Chdir(t.TempDir())
	t.Setenv("SECRET_KEY", testKey)
	t.Setenv("PBKDF2_ITERATIONS", "1000")
	in, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = w.Close(), in.Close() })
	std := stdio{in, new(bytes.Buffer), new(bytes.Buffer)}
	if status := run(t.Context(), []string{"migrate"}, std); status != 0 {
		t.Fatal(std.err)
	}
	return stdio{in, new(bytes.Buffer), new(bytes.Buffer)}
}

// jamsession runs a command with this password and returns what it printed.
func jamsession(t *testing.T, password string, args ...string) string {
	t.Helper()
	t.Setenv(passwordVariables[0], password)
	var out, errs bytes.Buffer
	if status := run(t.Context(), args, stdio{os.Stdin, &out, &errs}); status != 0 {
		t.Fatalf("%v: status %d: %s", args, status, &errs)
	}
	return out.String()
}

func TestExitStatus(t *testing.T) {
	std := migrated(t)
	for command, want := range map[string]int{
		"version":                            0,
		"--help":                             0,
		"check":                              0,
		"bogus":                              2,
		"migrate --bogus":                    2,
		"sessions":                           2,
		"check --fail-level BOGUS":           2,
		"clearsessions --batch-size 0":       2,
		"--set SECRET_KEY=x check":           2,
		"createsuperuser --noinput":          2,
		"sessions show 000000000000":         1,
		"--config missing.toml check":        1,
		"changepassword nobody":              1,
		"--database-url sqlite:///x/y check": 1,
	} {
		std.err = new(bytes.Buffer)
		if got := run(t.Context(), strings.Fields(command), std); got != want {
			t.Errorf("%s: status %d, want %d: %s", command, got, want, std.err)
		}
	}
}

// TestListDoesNothingToTheTerminal, even if the user's id comes from a program
// that writes JSON differently from Django.
func TestListDoesNothingToTheTerminal(t *testing.T) {
	migrated(t)
	a := &app{t.Context(), stdio{}, new(globals)}
	err := a.withSessions(func(site *site.Site) error {
		data, err := noerror.In(django.Signed(secrettest.Keys(testKey))).Encode([]byte("{\"_auth_user_id\":\"\x9b31m\"}"))
		if err != nil {
			return err
		}
		return site.Store.Create(t.Context(), session.Record{
			Key: "abcdefgh", Data: data, Expiry: time.Now().Add(time.Hour),
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := jamsession(t, "", "sessions", "list"); !strings.Contains(got, ` \u009b31m `) {
		t.Errorf("printed %q", got)
	}
}
