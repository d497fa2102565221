package docstest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// given are the names that the pieces of Go in a document use and do not
// declare, with their types.
var given = map[string]string{
	"docs/throttling.md": `w http.ResponseWriter, r *http.Request, username, password, name string,
		users auth.UserStore, store throttle.Store, keys secret.Keys, logins *auth.Manager, site *site.Site,
		refused *atomic.Int64, showForm func(w http.ResponseWriter, status int, text string)`,
	"docs/custom-middleware.md": `ctx context.Context, s *settings.Settings,
		store session.Store, sessions *session.Manager, pages http.Handler`,
}

// imported are the packages of the pieces that are not in the root of the
// module under their own name.
var imported = map[string]string{
	"atomic": "sync/atomic", "context": "context", "errors": "errors", "http": "net/http", "log": "log",
	"netip": "net/netip", "os": "os", "time": "time",
	"custommiddleware": module + "examples/custom-middleware", "throttle": module + "auth/throttle",
	"auth": module + "auth", "cookie": module + "cookie", "secret": module + "secret",
	"session": module + "session", "settings": module + "settings", "site": module + "site",
}

const module = "github.com/jamsession/jamsession/"

// TestShortPiecesCompile: those that are not whole files. A line of three dots
// stands for looking at err.
func TestShortPiecesCompile(t *testing.T) {
	for doc, names := range given {
		t.Run(doc, func(t *testing.T) {
			var body strings.Builder
			n := 0
			for _, block := range regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(read(t, doc), -1) {
				if !strings.HasPrefix(block[1], "package ") {
					n++
					fmt.Fprintf(&body, "func piece%d(%s) {\n{\n%s}\n}\n\n", n, names, completed(block[1]))
				}
			}
			if n < 4 {
				t.Errorf("%d pieces", n)
			}
			vet(t, "package pieces\n\n"+importsOf(body.String())+body.String())
		})
	}
}

// completed returns a piece that looks at its errors and uses what it declares.
func completed(piece string) string {
	piece = strings.ReplaceAll(piece, "\n...\n", "\nif err != nil {\nreturn\n}\n")
	for _, m := range regexp.MustCompile(`(?m)^([\w, ]+) := `).FindAllStringSubmatch(piece, -1) {
		for name := range strings.SplitSeq(m[1], ", ") {
			piece += "_ = " + name + "\n"
		}
	}
	return piece
}

// importsOf returns the imports of the packages that the code names.
func importsOf(code string) string {
	var imports strings.Builder
	for name, path := range imported {
		if regexp.MustCompile(`\b` + name + `\.[A-Z]`).MatchString(code) {
			fmt.Fprintf(&imports, "import %s %q\n", name, path)
		}
	}
	return imports.String()
}

// vet has the go command look at a file.
func vet(t *testing.T, code string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "pieces.go")
	if err := os.WriteFile(name, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "vet", name)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\n%s", err, out, code)
	}
}
