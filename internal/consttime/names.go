package consttime

import (
	"go/ast"
	"go/types"
	"slices"
	"strings"
	"unicode"
)

// secretWords are the words in the names of secrets.
var secretWords = map[string]bool{
	"mac": true, "hmac": true, "sig": true, "signature": true, "signatures": true, "sign": true,
	"digest": true, "sum": true, "token": true, "tokens": true, "secret": true, "secrets": true,
	"hash": true, "hashes": true, "hashed": true, "key": true, "keys": true, "otp": true,
	"password": true, "passwords": true, "encoded": true, "fingerprint": true, "fingerprints": true,
}

// named reports whether a name is that of a secret.
func named(name string) bool {
	for _, word := range words(name) {
		if secretWords[word] {
			return true
		}
	}
	return false
}

// words returns the words of a Go name, in lower case: of "newCSRFToken", new,
// csrf and token.
func words(name string) []string {
	var list []string
	runes := []rune(name)
	start := 0
	cut := func(i int) {
		if i > start {
			list = append(list, strings.ToLower(string(runes[start:i])))
		}
		start = i
	}
	for i := 1; i < len(runes); i++ {
		switch {
		case runes[i] == '_':
			cut(i)
			start = i + 1
		case unicode.IsUpper(runes[i]) && !unicode.IsUpper(runes[i-1]):
			cut(i)
		case i+1 < len(runes) && unicode.IsUpper(runes[i]) && unicode.IsLower(runes[i+1]) && i > start:
			cut(i)
		}
	}
	cut(len(runes))
	return list
}

// passing are packages whose functions return a secret if they are given one.
var passing = map[string]bool{
	"encoding/hex": true, "encoding/base64": true, "encoding/base32": true, "strings": true, "bytes": true,
	"slices": true,
}

// A finder knows which variables of a package hold secrets.
type finder struct {
	*Package
	tainted map[types.Object]bool
	changed bool // tainted, in this round
}

// secret reports whether an expression is text or bytes, or an array or a list
// of them, that is secret.
func (f *finder) secret(e ast.Expr) bool {
	e = ast.Unparen(e)
	if tv, ok := f.Info.Types[e]; ok && (tv.Value != nil || !isText(tv.Type)) {
		return false // a constant is in the code, where everybody can read it
	}
	switch e := e.(type) {
	case *ast.Ident:
		return named(e.Name) || f.tainted[f.Info.Uses[e]] || f.tainted[f.Info.Defs[e]]
	case *ast.SelectorExpr:
		return named(e.Sel.Name) || f.tainted[f.Info.Uses[e.Sel]]
	case *ast.IndexExpr:
		return f.secret(e.X)
	case *ast.SliceExpr:
		return f.secret(e.X)
	case *ast.StarExpr:
		return f.secret(e.X)
	case *ast.BinaryExpr:
		return f.secret(e.X) || f.secret(e.Y)
	case *ast.CompositeLit:
		return slices.ContainsFunc(e.Elts, f.secret)
	case *ast.CallExpr:
		return f.secretCall(e)
	}
	return false
}

func (f *finder) secretCall(call *ast.CallExpr) bool {
	if f.Info.Types[call.Fun].IsType() { // a conversion
		return f.secret(call.Args[0])
	}
	object := f.called(call)
	if object == nil {
		return false
	}
	if object.Name() == "Reveal" || named(object.Name()) {
		return true
	}
	if object.Pkg() == nil || !passing[object.Pkg().Path()] {
		return false
	}
	for _, arg := range call.Args {
		if f.secret(arg) {
			return true
		}
	}
	return false
}

// called returns the function or method of a call, if it has a name.
func (f *finder) called(call *ast.CallExpr) types.Object {
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		return f.Info.Uses[fun]
	case *ast.SelectorExpr:
		return f.Info.Uses[fun.Sel]
	}
	return nil
}

// isText reports whether a type is text or bytes, or a list, pointer or map of
// them, or stands for one.
func isText(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return t.Info()&types.IsString != 0
	case *types.Slice:
		return isByte(t.Elem()) || isText(t.Elem())
	case *types.Array:
		return isByte(t.Elem()) || isText(t.Elem())
	case *types.Pointer:
		return isText(t.Elem())
	case *types.Map:
		return isText(t.Key())
	case *types.Interface:
		return t.IsComparable() && !t.IsMethodSet() // the constraint of a type parameter
	}
	return false
}

func isByte(t types.Type) bool {
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Kind() == types.Byte
}
