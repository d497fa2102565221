package consttime

import (
	"go/ast"
	"go/types"
)

// taint marks the variables, fields and parameters that are given a secret,
// until there are no more.
func (f *finder) taint() {
	for f.changed = true; f.changed; {
		f.changed = false
		for _, file := range f.Files {
			ast.Inspect(file, func(n ast.Node) bool {
				f.taintBy(n)
				return true
			})
		}
	}
}

func (f *finder) taintBy(n ast.Node) {
	switch n := n.(type) {
	case *ast.AssignStmt:
		for i := range n.Lhs {
			f.give(f.variable(n.Lhs[i]), n.Rhs[min(i, len(n.Rhs)-1)])
		}
	case *ast.ValueSpec:
		for i := range n.Values {
			f.give(f.Info.Defs[n.Names[i]], n.Values[i])
		}
	case *ast.RangeStmt:
		if n.Value != nil {
			f.give(f.variable(n.Value), n.X)
		}
	case *ast.CallExpr:
		f.taintParameters(n)
	case *ast.CompositeLit:
		f.taintFields(n)
	}
}

// taintParameters marks what a function of this package calls its arguments.
func (f *finder) taintParameters(call *ast.CallExpr) {
	object, ok := f.called(call).(*types.Func)
	if !ok {
		return
	}
	parameters := object.Origin().Signature().Params()
	for i, arg := range call.Args {
		if parameters.Len() > 0 {
			f.give(parameters.At(min(i, parameters.Len()-1)), arg)
		}
	}
}

func (f *finder) taintFields(lit *ast.CompositeLit) {
	fields, ok := f.Info.Types[lit].Type.Underlying().(*types.Struct)
	if !ok {
		return
	}
	for i, value := range lit.Elts {
		if pair, ok := value.(*ast.KeyValueExpr); ok {
			f.give(f.variable(pair.Key), pair.Value)
		} else {
			f.give(fields.Field(i), value)
		}
	}
}

// variable returns what an expression assigns to, if it has a name.
func (f *finder) variable(e ast.Expr) types.Object {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		if object := f.Info.Defs[e]; object != nil {
			return object
		}
		return f.Info.Uses[e]
	case *ast.SelectorExpr:
		return f.Info.Uses[e.Sel]
	}
	return nil
}

// give marks a variable if what it is given is secret.
func (f *finder) give(to types.Object, from ast.Expr) {
	if to != nil && !f.tainted[to] && f.secret(from) {
		f.tainted[to], f.changed = true, true
	}
}
