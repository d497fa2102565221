package consttime

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/token"
	"go/types"
	"strings"
)

// A Finding is a comparison of a secret.
type Finding struct {
	Pos  token.Position
	In   string // the function, after its package: "csrf.sameToken"
	Code string // the comparison
}

// String returns the finding on one line.
func (f Finding) String() string { return fmt.Sprintf("%s: %s: %s", f.Pos, f.In, f.Code) }

// comparing are functions that stop at the first difference, by their packages.
var comparing = map[string][]string{
	"bytes": {
		"Equal", "EqualFold", "Compare", "HasPrefix", "HasSuffix", "Contains", "Index", "LastIndex",
		"CutPrefix", "CutSuffix", "TrimPrefix", "TrimSuffix",
	},
	"strings": {
		"EqualFold", "Compare", "HasPrefix", "HasSuffix", "Contains", "Index", "LastIndex", "CutPrefix",
		"CutSuffix", "TrimPrefix", "TrimSuffix",
	},
	"slices":  {"Equal", "Contains", "Index", "Compare", "BinarySearch"},
	"cmp":     {"Compare", "Less"},
	"reflect": {"DeepEqual"},
	"maps":    {"Equal"},
}

// Find returns where a package compares secrets in a time that tells about
// them.
func Find(p *Package) []Finding {
	f := &finder{Package: p, tainted: make(map[types.Object]bool)}
	f.taint()
	var list []Finding
	for _, file := range p.Files {
		for _, decl := range file.Decls {
			in := p.Path[strings.LastIndexByte(p.Path, '/')+1:]
			if fun, ok := decl.(*ast.FuncDecl); ok {
				in += "." + fun.Name.Name
			}
			ast.Inspect(decl, func(n ast.Node) bool {
				if f.compares(n) {
					list = append(list, Finding{p.Fset.Position(n.Pos()), in, f.code(n)})
				}
				return true
			})
		}
	}
	return list
}

func (f *finder) compares(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		ordered := map[token.Token]bool{
			token.EQL: true, token.NEQ: true,
			token.LSS: true, token.LEQ: true, token.GTR: true, token.GEQ: true,
		}
		return ordered[n.Op] && f.tells(n.X, n.Y)
	case *ast.SwitchStmt:
		return n.Tag != nil && f.anyCase(n)
	case *ast.IndexExpr:
		_, isMap := f.Info.Types[n.X].Type.Underlying().(*types.Map)
		return isMap && f.secret(n.Index)
	case *ast.CallExpr:
		return f.comparingCall(n)
	}
	return false
}

// tells reports whether a comparison of both tells about a secret: neither is
// nil or "".
func (f *finder) tells(x, y ast.Expr) bool {
	return !f.empty(x) && !f.empty(y) && (f.secret(x) || f.secret(y))
}

func (f *finder) empty(e ast.Expr) bool {
	tv := f.Info.Types[e]
	return tv.IsNil() || tv.Value != nil && tv.Value.ExactString() == `""`
}

func (f *finder) anyCase(n *ast.SwitchStmt) bool {
	for _, clause := range n.Body.List {
		for _, value := range clause.(*ast.CaseClause).List {
			if f.tells(n.Tag, value) {
				return true
			}
		}
	}
	return false
}

func (f *finder) comparingCall(call *ast.CallExpr) bool {
	object := f.called(call)
	if object == nil || object.Pkg() == nil {
		return false
	}
	for _, name := range comparing[object.Pkg().Path()] {
		if name != object.Name() {
			continue
		}
		for _, arg := range call.Args {
			if f.secret(arg) && !f.allConstant(call.Args, arg) {
				return true
			}
		}
	}
	return false
}

// allConstant reports whether all arguments but one are written in the code:
// a form that is looked for, such as a prefix.
func (f *finder) allConstant(args []ast.Expr, but ast.Expr) bool {
	for _, arg := range args {
		if arg != but && f.Info.Types[arg].Value == nil {
			return false
		}
	}
	return true
}

// code returns a node as it is written, its first line.
func (f *finder) code(n ast.Node) string {
	var text strings.Builder
	if err := format.Node(&text, f.Fset, n); err != nil {
		return err.Error()
	}
	line, _, _ := strings.Cut(text.String(), "\n")
	return line
}
