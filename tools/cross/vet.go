package main

import (
	"fmt"
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"

	"github.com/jamsession/jamsession/tools/findings"
)

// vet returns what the analyzers of "go vet" find in the packages.
func vet(loaded []*packages.Package) ([]string, error) {
	if err := inform(loaded); err != nil {
		return nil, err
	}
	graph, err := checker.Analyze(local(), loaded, nil)
	if err != nil {
		return nil, err
	}
	return findings.In(graph)
}

// local returns the analyzers that do not look into dependencies. The others find the
// same on every system, and "go vet" has asked them.
func local() (some []*analysis.Analyzer) {
	for _, a := range analyzers {
		if !asksDependencies(a) {
			some = append(some, a)
		}
	}
	return some
}

func asksDependencies(a *analysis.Analyzer) bool {
	if len(a.FactTypes) > 0 {
		return true
	}
	for _, required := range a.Requires {
		if asksDependencies(required) {
			return true
		}
	}
	return false
}

// inform adds what analyzers want to know about the bodies of functions. Packages
// that import each other keep their common types until the last is done.
func inform(loaded []*packages.Package) error {
	checked := make([]*types.Package, len(loaded))
	for i, p := range loaded {
		var err error
		if checked[i], err = reread(p); err != nil {
			return err
		}
	}
	for i, p := range loaded {
		p.Types = checked[i]
	}
	return nil
}

// reread checks a package once more, and notes all that it finds out.
func reread(p *packages.Package) (*types.Package, error) {
	p.TypesInfo = &types.Info{
		Types:        make(map[ast.Expr]types.TypeAndValue),
		Instances:    make(map[*ast.Ident]types.Instance),
		Defs:         make(map[*ast.Ident]types.Object),
		Uses:         make(map[*ast.Ident]types.Object),
		Implicits:    make(map[ast.Node]types.Object),
		Selections:   make(map[*ast.SelectorExpr]*types.Selection),
		Scopes:       make(map[ast.Node]*types.Scope),
		FileVersions: make(map[*ast.File]string),
	}
	config := types.Config{Importer: imports(p.Imports), Sizes: p.TypesSizes}
	if p.Module != nil {
		config.GoVersion = "go" + p.Module.GoVersion
	}
	return config.Check(p.PkgPath, p.Fset, p.Syntax, p.TypesInfo)
}

// imports are what a package has imported.
type imports map[string]*packages.Package

// Import implements [types.Importer].
func (i imports) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if p := i[path]; p != nil {
		return p.Types, nil
	}
	return nil, fmt.Errorf("%s was not loaded", path)
}
