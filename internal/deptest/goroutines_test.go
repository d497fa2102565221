package deptest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// bare are the functions, and the folders, that may start a goroutine without
// package panics, and why.
var bare = map[string]string{
	"internal/panics":            "it is the mechanism",
	"internal/servertest":        "a panic ends a test, as it should",
	"sessiontest":                "likewise; a kit of tests",
	"internal/mutants":           "likewise; it runs tests",
	"auth/throttle/throttletest": "likewise",
	"internal/pushtest":          "likewise",

	"mail/connect.go open":                            "it closes a connection of package net",
	"memcachestore/client.go do":                      "likewise",
	"cmd/jamsession/main.go main":                     "it stops the catching of signals",
	"internal/siteparts/database.go CloseWithin":      "it closes connections of package net",
	"examples/login/main.go serve":                    "an example has no internal package; it shuts an http.Server down",
	"examples/guide-login/main.go serve":              "likewise",
	"examples/django-beside-go/main.go serve":         "likewise",
	"examples/django-beside-go/main.go run":           "an example; net/http recovers the requests, and the rest calls nothing of others",
	"examples/django-beside-go/django.go startDjango": "an example; it waits for a process",
}

// TestNoGoroutineEndsTheProgram: each goroutine of the module is started by
// package panics, or calls nothing that could panic. A callback of the site
// can.
func TestNoGoroutineEndsTheProgram(t *testing.T) {
	used := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return skipFolder(path, d)
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		for _, at := range bareGoroutines(t, path) {
			place, ok := allowed(filepath.ToSlash(name), at.function)
			if !ok {
				t.Errorf("%s: %s: %s starts a goroutine in which a panic ends the program: use package panics",
					at.position, at.function, at.what)
			}
			used[place] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for place := range bare {
		if !used[place] {
			t.Errorf("%s starts no goroutine any more: drop it from the list", place)
		}
	}
}

// root is the folder of the module.
const root = "../.."

func skipFolder(path string, d fs.DirEntry) error {
	if path == root {
		return nil
	}
	if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil || d.Name() == "testdata" || d.Name()[0] == '.' {
		return filepath.SkipDir // another module
	}
	return nil
}

// allowed returns what allows a function of a file to start a goroutine.
func allowed(file, function string) (place string, ok bool) {
	if place = file + " " + function; bare[place] != "" {
		return place, true
	}
	for place = filepath.ToSlash(filepath.Dir(file)); place != "."; place = filepath.ToSlash(filepath.Dir(place)) {
		if bare[place] != "" {
			return place, true
		}
	}
	return "", false
}

// A bareGoroutine is one that package panics does not guard.
type bareGoroutine struct {
	function string // in which it is started
	what     string
	position token.Position
}

func bareGoroutines(t *testing.T, path string) []bareGoroutine {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []bareGoroutine
	for _, decl := range file.Decls {
		function := "a variable"
		if f, ok := decl.(*ast.FuncDecl); ok {
			function = f.Name.Name
		}
		ast.Inspect(decl, func(n ast.Node) bool {
			if what := startsGoroutine(n); what != "" {
				all = append(all, bareGoroutine{function, what, files.Position(n.Pos())})
			}
			return true
		})
	}
	return all
}

// startsGoroutine returns how a node starts one without a guard, or "".
func startsGoroutine(n ast.Node) string {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "go"
	case *ast.CallExpr:
		callee, ok := n.Fun.(*ast.SelectorExpr)
		if !ok || len(n.Args) == 0 {
			return ""
		}
		of, _ := callee.X.(*ast.Ident)
		switch callee.Sel.Name {
		case "Go": // of a sync.WaitGroup and its like
			if of == nil || of.Name != "panics" {
				return "Go"
			}
		case "AfterFunc":
			if !isGuard(n.Args[len(n.Args)-1]) {
				return "AfterFunc"
			}
		}
	}
	return ""
}

func isGuard(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	callee, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	of, ok := callee.X.(*ast.Ident)
	return ok && of.Name == "panics" && callee.Sel.Name == "Guard"
}

// TestBareGoroutinesAreFound in each form.
func TestBareGoroutinesAreFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.go")
	err := os.WriteFile(path, []byte(`package x
func a() { go f() }
func b() { func() { go func() {}() }() }
func c() { wg.Go(f); s.group.Go(f) }
func d() { time.AfterFunc(1, f); context.AfterFunc(ctx, func() {}) }
func ok() { panics.Go(f, nil); time.AfterFunc(1, panics.Guard(f, nil)) }
var v = func() { go f() }
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, g := range bareGoroutines(t, path) {
		got = append(got, g.function+" "+g.what)
	}
	want := "a go, b go, c Go, c Go, d AfterFunc, d AfterFunc, a variable go"
	if text := strings.Join(got, ", "); text != want {
		t.Errorf("found %s, want %s", text, want)
	}
}
