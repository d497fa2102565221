package session_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

var cart = session.Item[int]("n")

func same(n int) int { return n }

// looks are all ways to look at a session, or to change it.
var looks = map[string]func(s *session.Session){
	"All":                   func(s *session.Session) { _ = maps.Collect(s.All()) },
	"Clear":                 (*session.Session).Clear,
	"CycleKey":              (*session.Session).CycleKey,
	"Delete":                func(s *session.Session) { s.Delete("none") },
	"DeleteTestCookie":      (*session.Session).DeleteTestCookie,
	"ExpireAtBrowserClose":  (*session.Session).ExpireAtBrowserClose,
	"ExpiresAtBrowserClose": func(s *session.Session) { s.ExpiresAtBrowserClose() },
	"ExpiryAge":             func(s *session.Session) { s.ExpiryAge() },
	"ExpiryDate":            func(s *session.Session) { s.ExpiryDate() },
	"Fingerprint":           func(s *session.Session) { _ = s.Fingerprint() },
	"Flush":                 (*session.Session).Flush,
	"Format":                func(s *session.Session) { fmt.Fprintf(io.Discard, "%v", s) },
	"Has":                   func(s *session.Session) { s.Has("n") },
	"Key":                   func(s *session.Session) { _ = s.Key() },
	"Names":                 func(s *session.Session) { s.Names() },
	"ResetExpiry":           (*session.Session).ResetExpiry,
	"Save":                  func(s *session.Session) { _ = s.Save(context.Background()) },
	"Set":                   func(s *session.Session) { s.Set("n", 2) },
	"SetExpiry":             func(s *session.Session) { s.SetExpiry(time.Hour) },
	"SetExpiryAt":           func(s *session.Session) { s.SetExpiryAt(time.Now().Add(time.Hour)) },
	"SetTestCookie":         (*session.Session).SetTestCookie,
	"String":                func(s *session.Session) { _ = s.String() },
	"TestCookieWorked":      func(s *session.Session) { s.TestCookieWorked() },

	"Item.Delete":     func(s *session.Session) { cart.Delete(s) },
	"Item.Get":        func(s *session.Session) { cart.Get(s, 0) },
	"Item.Has":        func(s *session.Session) { cart.Has(s) },
	"Item.Lookup":     func(s *session.Session) { _, _ = cart.Lookup(s) },
	"Item.Pop":        func(s *session.Session) { cart.Pop(s, 0) },
	"Item.Set":        func(s *session.Session) { cart.Set(s, 3) },
	"Item.SetDefault": func(s *session.Session) { cart.SetDefault(s, 0) },
	"Item.Update":     func(s *session.Session) { cart.Update(s, 0, same) },
	"Item.UpdateOrDelete": func(s *session.Session) {
		cart.UpdateOrDelete(s, 0, func(int) (int, bool) { return 0, false })
	},
}

// TestEveryLookVariesByCookie: what depends on the cookie is never given to
// others by a cache, whatever the handler found out about the session.
func TestEveryLookVariesByCookie(t *testing.T) {
	m := noerror.In(session.New(memstore.New(), nil))
	for name, look := range looks {
		key := keyOf(request(m, "", func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("n", 1) }))
		for _, key := range []string{key, ""} {
			resp := request(m, key, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Vary", "Accept")
				look(session.From(r))
				w.Header().Set("Vary", "Accept")
			})
			if got := strings.Join(resp.Header["Vary"], ", "); got != "Accept, Cookie" {
				t.Errorf("%s, with a session %v: Vary %q", name, key != "", got)
			}
		}
	}
	for _, name := range exportedOfSession(t) {
		if looks[name] == nil {
			t.Errorf("%s is not tried", name)
		}
	}
}

// exportedOfSession returns the methods of Session and Item, and the functions
// that take a *Session.
func exportedOfSession(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Name.IsExported() {
				names = append(names, nameOf(f)...)
			}
		}
	}
	if len(names) < 30 {
		t.Fatalf("only %d names", len(names))
	}
	return names
}

func nameOf(f *ast.FuncDecl) []string {
	if f.Recv != nil {
		switch receiver := f.Recv.List[0].Type.(type) {
		case *ast.StarExpr:
			if isNamed(receiver.X, "Session") {
				return []string{f.Name.Name}
			}
		case *ast.IndexExpr:
			if isNamed(receiver.X, "Item") {
				return []string{"Item." + f.Name.Name}
			}
		}
		return nil
	}
	takes := slices.ContainsFunc(f.Type.Params.List, func(p *ast.Field) bool {
		star, ok := p.Type.(*ast.StarExpr)
		return ok && isNamed(star.X, "Session")
	})
	if takes {
		return []string{"func " + f.Name.Name}
	}
	return nil
}

func isNamed(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}
