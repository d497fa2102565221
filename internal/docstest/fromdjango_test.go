package docstest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/settings"
)

const fromDjango = "docs/from-django.md"

// TestFromDjangoShowsAProgramThatWorks: each piece of Go is one of the program
// that is tested, to the letter, and its settings are valid.
func TestFromDjangoShowsAProgramThatWorks(t *testing.T) {
	doc, program := read(t, fromDjango), read(t, "examples/guide-from-django/main.go")
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(doc, -1)
	for _, block := range blocks {
		if !strings.Contains(program, block[1]) {
			t.Errorf("no part of examples/guide-from-django:\n%s", block[1])
		}
	}
	tomls := regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllStringSubmatch(doc, -1)
	if len(blocks) != 1 || len(tomls) == 0 {
		t.Fatalf("%d pieces of Go, %d of settings", len(blocks), len(tomls))
	}
	name := filepath.Join(t.TempDir(), "jamsession.toml")
	for _, toml := range tomls {
		if err := os.WriteFile(name, []byte(toml[1]), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := settings.Load(settings.Sources{File: name}); err != nil {
			t.Errorf("%v in\n%s", err, toml[1])
		}
	}
}

// table returns the cells of the tables whose head begins with these words.
func table(t *testing.T, doc string, head ...string) [][]string {
	t.Helper()
	var rows [][]string
	inside := false
	for line := range strings.Lines(doc) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case !strings.HasPrefix(line, "|"):
			inside = false
		case len(cells) >= len(head) && strings.Join(cells[:len(head)], "|") == strings.Join(head, "|"):
			inside = true
		case inside && !strings.HasPrefix(line, "|-"):
			rows = append(rows, cells)
		}
	}
	if len(rows) == 0 {
		t.Fatalf("no table %v", head)
	}
	return rows
}

var code = regexp.MustCompile("`([^`]+)`")

// spans returns what a cell has in backquotes.
func spans(cell string) []string {
	var list []string
	for _, m := range code.FindAllStringSubmatch(cell, -1) {
		list = append(list, m[1])
	}
	return list
}

// TestGoNamesInTheTablesCompile: what stands in the column for Go compiles,
// with the variables that the text explains.
func TestGoNamesInTheTablesCompile(t *testing.T) {
	var src strings.Builder
	src.WriteString(preamble)
	n := 0
	for _, row := range table(t, read(t, fromDjango), "Python", "Go") {
		for _, span := range spans(row[1]) {
			expr, err := parser.ParseExpr(span)
			if err != nil {
				t.Errorf("%s: %v", span, err)
				continue
			}
			if call, isCall := expr.(*ast.CallExpr); !isCall || isName(call.Fun, "len") {
				span = "_ = " + span
			}
			fmt.Fprintf(&src, "func _() {\n\t%s\n}\n\n", span)
			n++
		}
	}
	if n < 60 {
		t.Errorf("%d names", n)
	}
	name := filepath.Join(t.TempDir(), "names.go")
	if err := os.WriteFile(name, []byte(src.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-o", os.DevNull, name)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// isName reports whether an expression is a name alone.
func isName(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

const preamble = `package main

import (
	"context"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/csrf"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
	sites "github.com/jamsession/jamsession/site"
)

var (
	ctx    context.Context
	r      *http.Request
	s      *session.Session
	site   *sites.Site
	user   auth.User
	group  sqlusers.Group
	mux    *http.ServeMux
	page   http.Handler
	f      func(auth.User) bool
	failed func(http.ResponseWriter, *http.Request, error)
	when   time.Time
	keys   secret.Keys

	v, k, u, p, e, n, t, old, key, encoded string

	name  = session.Item[string]("name")
	count = session.Item[int]("count")

	_ = password.IsUsable
	_ = django.Signed
	_ = csrf.Token
	_ = messages.Take
)

func main() {}

`

// TestSettingsAreSideBySide: each setting is in one of the tables, with its
// default, and those that are said to have no counterpart have none.
func TestSettingsAreSideBySide(t *testing.T) {
	doc := read(t, fromDjango)
	shown := make(map[string]string)
	for _, row := range table(t, doc, "setting", "Django's default", "default here") {
		shown[spans(row[0])[0]] = strings.Join(spans(row[2]), "")
	}
	for _, row := range table(t, doc, "setting", "default here") {
		shown[spans(row[0])[0]] = strings.Join(spans(row[1]), "")
	}
	for _, s := range conf.All() {
		if got, ok := shown[s.Name]; !ok || got != s.Default {
			t.Errorf("%s is shown with the default %q, want %q", s.Name, got, s.Default)
		}
		delete(shown, s.Name)
	}
	for _, row := range table(t, doc, "setting", "why") {
		for _, s := range conf.All() {
			if s.Name == spans(row[0])[0] {
				t.Errorf("%s has a counterpart", s.Name)
			}
		}
	}
	if len(shown) > 0 {
		t.Errorf("there are no settings %v", shown)
	}
}

// TestDjangosDefaultsAreDjangos, in the installed Django, except for the
// setting whose default has changed, and for those that it does not have yet.
func TestDjangosDefaultsAreDjangos(t *testing.T) {
	script := "from django.conf import global_settings as g\n"
	for _, row := range table(t, read(t, fromDjango), "setting", "Django's default", "default here") {
		name, value := spans(row[0])[0], spans(row[1])
		if name != "USE_TZ" && len(value) == 1 {
			script += fmt.Sprintf("got = repr(getattr(g, %q, %s))\nassert got == %q, got\n", name, value[0], value[0])
		}
	}
	cmd := exec.CommandContext(t.Context(), djangotest.Python(t), "-c", script)
	cmd.Dir = t.TempDir()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
