package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/jamsession/jamsession/internal/printable"
	"github.com/jamsession/jamsession/site"
)

// hostile is a name that colors a terminal, turns its direction and claims to be two lines.
const hostile = "b\x1b[31m\u202e中\nx"

// turned is a name that only turns the direction: settings may have it.
const turned = "b\u202e中"

// TestNothingIsDoneToTheTerminal by an argument, or by the name of a user, in any output.
func TestNothingIsDoneToTheTerminal(t *testing.T) {
	std := migrated(t)
	t.Setenv(passwordVariables[0], "correct-horse-battery")
	execute(t, "INSERT INTO auth_user (password, username, first_name, last_name, email, is_superuser, is_staff, "+
		"is_active, date_joined) VALUES ('!', ?, '', '', ?, 0, 0, 1, '2024-01-01')", hostile, hostile+"@example.com")
	for _, command := range []string{
		"%s", "--%s", "help %s", "help sessions %s", "--config %s check", "--secret-key-file %s check",
		"--database-url sqlite:///%s users list", "--database-url %s users list", "--set %s=1 check",
		"--set SESSION_ENGINE=file --set SESSION_FILE_PATH=%s sessions list", "--set ADDR=%s check",
		"users list", "users list --json", "users deactivate %s", "users reactivate %s",
		"users create --noinput %s", "users create --noinput --email %s@example.com ann", "changepassword %s",
		"sessions list --user %s", "sessions show %s", "sessions delete --user %s", "sessions end %s",
		"sessions list --order %s", "limits show %s", "limits lift %s", "settings %s", "completion %s",
		"init --router %s", "init /dev/null/%s", "sendtestemail %s", "check --fail-level %s",
		"--set LOGIN_URL=/%s settings LOGIN_URL", "--set LOGIN_URL=/%s settings --json LOGIN_URL",
		"--database-url sqlite:////dev/null/%s check", "--database-url sqlite:////dev/null/%s check --json",
	} {
		for _, name := range []string{hostile, turned} {
			var args []string
			for _, word := range strings.Fields(command) {
				args = append(args, strings.ReplaceAll(word, "%s", name))
			}
			var printed bytes.Buffer
			status := run(t.Context(), args, stdio{std.in, &printed, &printed})
			if shown := strings.NewReplacer("\n", "", "\t", "").Replace(printed.String()); shown == "" ||
				strings.ContainsFunc(shown, printable.IsHarmful) {
				t.Errorf("%q: status %d, printed %q", args, status, &printed)
			}
			if strings.Contains(command, "--json") && status == 0 && !eachLineIsJSON(printed.String()) {
				t.Errorf("%q: not JSON: %s", args, &printed)
			}
		}
	}
}

// TestKeysAreHarmless, too: in some models they are texts.
func TestKeysAreHarmless(t *testing.T) {
	var out strings.Builder
	if err := writeUsers(&out, []userLine{{ID: hostile}, {ID: "2f79de82-d9ee-44f3-80dd-708eb1530da0"}}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 4 || strings.ContainsFunc(strings.Join(lines, ""), printable.IsHarmful) ||
		!strings.HasPrefix(lines[2], "2f79de82-d9ee-44f3-80dd-708eb1530da0 ") {
		t.Errorf("%q", lines)
	}
}

func eachLineIsJSON(text string) bool {
	for line := range strings.Lines(text) {
		if !json.Valid([]byte(line)) {
			return false
		}
	}
	return true
}

// execute changes the database of the folder.
func execute(t *testing.T, statement string, values ...any) {
	t.Helper()
	db, err := sql.Open("sqlite", "db.sqlite3")
	if err == nil {
		_, err = db.ExecContext(t.Context(), statement, values...)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestTablesFitTheTerminal, whatever the names of users are.
func TestTablesFitTheTerminal(t *testing.T) {
	migrated(t)
	for id := 98; id < 101; id++ {
		execute(t, "INSERT INTO auth_user (id, password, username, first_name, last_name, email, is_superuser, "+
			"is_staff, is_active, date_joined, last_login) VALUES (?, '!', ?, '', '', ?, 1, 1, 1, '2024-01-01', '2024-01-01')",
			id, fmt.Sprint(strings.Repeat("ü", 100), id), fmt.Sprint(strings.Repeat("a", 100), id, "@example.com"))
	}
	a := &app{t.Context(), stdio{}, new(globals)}
	err := a.withSessions(func(site *site.Site) error {
		s, err := site.Sessions.ByKey(t.Context(), "")
		if err != nil {
			return err
		}
		s.Set("_auth_user_id", "100")
		s.Set("cart", strings.Repeat("x", 12345))
		return s.Save(t.Context())
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"users", "list"}, {"sessions", "list"}} {
		out := jamsession(t, "", args...)
		if !strings.Contains(out, "üüü") {
			t.Errorf("%v: %s", args, out)
		}
		for line := range strings.Lines(out) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
				t.Errorf("%v: %d columns: %s", args, n, line)
			}
		}
	}
}

// TestUUIDsFitTheTerminal: a line of users begins with the whole id, since it is copied.
func TestUUIDsFitTheTerminal(t *testing.T) {
	const id = "2f79de82-d9ee-44f3-80dd-708eb1530da0"
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	long := userLine{
		ID: id, Name: strings.Repeat("ü", 150), Email: strings.Repeat("a", 150), Active: true, Superuser: true, LastLogin: &at,
	}
	short := userLine{ID: id, Name: "ann", Email: "ann@example.com", Active: true}
	var users, sessions strings.Builder
	if err := writeUsers(&users, []userLine{long, short}); err != nil {
		t.Fatal(err)
	}
	err := writeSessions(&sessions, []summary{{
		Fingerprint: "0123456789ab", User: id, Name: long.Name, DeviceName: "Chrome on Windows",
		Expires: time.Now().Add(400 * time.Hour), Size: 123456, Items: -1,
	}})
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(users.String() + sessions.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, want := range []string{id + "  ü", id + "  ann", "  superuser  2026-11-29\n", "  user       never\n"} {
		if !strings.Contains(users.String(), want) {
			t.Errorf("%q is not in\n%s", want, &users)
		}
	}
	if !strings.Contains(sessions.String(), "2f79") || !strings.Contains(sessions.String(), "  Chrome on…") {
		t.Errorf("%s", &sessions)
	}
}
