package main

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"path/filepath"
	"strings"
)

// identifiers returns a line for each exported identifier of the files of a
// package. A method of a type that is not exported does not count.
func identifiers(name, dir string, files []string) ([]string, error) {
	l := lister{pkg: name}
	for _, file := range files {
		path := filepath.Join(dir, file)
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range f.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				l.function(d)
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					l.spec(d.Tok, spec)
				}
			}
		}
	}
	return l.lines, nil
}

type lister struct {
	pkg   string
	lines []string
}

func (l *lister) add(parts ...string) {
	l.lines = append(l.lines, "pkg "+l.pkg+", "+strings.Join(parts, ""))
}

func (l *lister) function(d *ast.FuncDecl) {
	if !d.Name.IsExported() {
		return
	}
	if d.Recv == nil {
		l.add("func ", d.Name.Name, typeParams(d.Type.TypeParams), signature(d.Type))
		return
	}
	receiver := text(d.Recv.List[0].Type)
	if ast.IsExported(strings.TrimPrefix(receiver, "*")) {
		l.add("method (", receiver, ") ", d.Name.Name, signature(d.Type))
	}
}

// spec lists constants, variables and types.
func (l *lister) spec(tok token.Token, spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range s.Names {
			if name.IsExported() {
				l.add(strings.TrimSpace(tok.String() + " " + name.Name + " " + text(s.Type)))
			}
		}
	case *ast.TypeSpec:
		if s.Name.IsExported() {
			l.typ(s)
		}
	}
}

func (l *lister) typ(s *ast.TypeSpec) {
	name := "type " + s.Name.Name + typeParams(s.TypeParams)
	if s.Assign.IsValid() {
		l.add(name, " = ", text(s.Type))
		return
	}
	switch t := s.Type.(type) {
	case *ast.StructType:
		l.add(name, " struct")
		for _, field := range t.Fields.List {
			l.members(name+" struct, ", field)
		}
	case *ast.InterfaceType:
		l.add(name, " interface")
		for _, method := range t.Methods.List {
			l.members(name+" interface, ", method)
		}
	default:
		l.add(name, " ", text(s.Type))
	}
}

// members lists the fields or methods of one line of a type.
func (l *lister) members(of string, f *ast.Field) {
	if len(f.Names) == 0 { // embedded
		embedded := text(f.Type)
		base := strings.TrimPrefix(embedded, "*")
		if ast.IsExported(base[strings.LastIndex(base, ".")+1:]) {
			l.add(of, embedded)
		}
	}
	for _, name := range f.Names {
		if !name.IsExported() {
			continue
		}
		if method, ok := f.Type.(*ast.FuncType); ok && strings.Contains(of, " interface, ") {
			l.add(of, name.Name, signature(method))
		} else {
			l.add(of, name.Name, " ", text(f.Type))
		}
	}
}

// signature is the types of a function: names of parameters may change.
func signature(f *ast.FuncType) string {
	results := types(f.Results)
	switch list := strings.Join(results, ", "); len(results) {
	case 0:
		return "(" + strings.Join(types(f.Params), ", ") + ")"
	case 1:
		return "(" + strings.Join(types(f.Params), ", ") + ") " + list
	default:
		return "(" + strings.Join(types(f.Params), ", ") + ") (" + list + ")"
	}
}

func types(fields *ast.FieldList) (list []string) {
	if fields == nil {
		return nil
	}
	for _, f := range fields.List {
		for range max(1, len(f.Names)) {
			list = append(list, text(f.Type))
		}
	}
	return list
}

func typeParams(fields *ast.FieldList) string {
	if fields == nil {
		return ""
	}
	return "[" + strings.Join(types(fields), ", ") + "]"
}

// text is a type on one line.
func text(t ast.Expr) string {
	switch t := t.(type) {
	case nil:
		return ""
	case *ast.FuncType:
		return "func" + signature(t)
	}
	var b bytes.Buffer
	if err := printer.Fprint(&b, token.NewFileSet(), t); err != nil {
		return err.Error()
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
