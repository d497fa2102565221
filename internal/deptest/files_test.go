package deptest

import (
	"cmp"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/jamsession/jamsession/internal/consttime"
)

// TestFilesOfSessionReferOneWay: the files of package session can be read from
// the handler down to the store. No two of them need each other, and no chain of
// them comes back.
func TestFilesOfSessionReferOneWay(t *testing.T) {
	pkgs, err := consttime.Load(module + "/session")
	if err != nil {
		t.Fatal(err)
	}
	needs := filesNeeded(pkgs[0])
	if len(needs) < 20 || len(needs["handler.go"]) == 0 {
		t.Fatalf("only %d files refer to others", len(needs))
	}
	for len(needs) > 0 { // takes away those that nobody else needs
		top := slices.DeleteFunc(slices.Sorted(maps.Keys(needs)), func(file string) bool {
			return slices.ContainsFunc(slices.Collect(maps.Values(needs)), func(names map[string]string) bool {
				return names[file] != ""
			})
		})
		if len(top) == 0 {
			break
		}
		for _, file := range top {
			delete(needs, file)
		}
	}
	for file, names := range needs {
		for other, name := range names {
			if needs[other] != nil {
				t.Errorf("%s and %s are in a circle: %s uses %s", file, other, file, name)
			}
		}
	}
}

// filesNeeded returns, for each file of a package, the other files that it uses,
// each with a name that it has from there.
func filesNeeded(p *consttime.Package) map[string]map[string]string {
	needs := make(map[string]map[string]string)
	for _, f := range p.Files {
		from := fileOf(p, f.Pos())
		ast.Inspect(f, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			used := p.Info.Uses[id]
			if used == nil || used.Pkg() == nil || used.Pkg().Path() != p.Path || isLocal(used) {
				return true
			}
			if to := fileOf(p, used.Pos()); to != from {
				if needs[from] == nil {
					needs[from] = make(map[string]string)
				}
				needs[from][to] = cmp.Or(needs[from][to], used.Name())
			}
			return true
		})
	}
	return needs
}

func fileOf(p *consttime.Package, at token.Pos) string {
	return filepath.Base(p.Fset.Position(at).Filename)
}

// isLocal reports whether something is declared in a function. A field or a
// method has no scope.
func isLocal(o types.Object) bool { return o.Parent() != nil && o.Parent() != o.Pkg().Scope() }
