// Command errors runs the linters errcheck and errorlint on modules.
//
//	errors -exclude errcheck.txt folder...
//
// It reads what the go command has compiled. By itself errorlint reads the sources of all
// that a module imports, for each module anew.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"log"
	"os"
	"strings"

	"github.com/kisielk/errcheck/errcheck"
	"github.com/polyfloyd/go-errorlint/errorlint"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"

	"github.com/jamsession/jamsession/tools/findings"
)

func main() {
	log.SetFlags(0)
	exclude := flag.String("exclude", "", "the `file` with functions whose errors need no check")
	flag.Parse()
	analyzers, err := linters(*exclude)
	if err != nil {
		log.Fatal(err)
	}
	wrong := 0
	for _, dir := range flag.Args() {
		found, err := lint(dir, analyzers)
		if err != nil {
			log.Fatal(err)
		}
		for _, line := range found {
			fmt.Println(line)
		}
		wrong += len(found)
	}
	if wrong > 0 {
		os.Exit(1)
	}
}

// linters returns errorlint, and errcheck, which passes over tests: a test whose call fails
// fails by itself.
func linters(exclude string) ([]*analysis.Analyzer, error) {
	check, compare := errcheck.Analyzer, errorlint.NewAnalyzer()
	all := check.Run
	check.Run = func(pass *analysis.Pass) (any, error) { return all(withoutTests(pass)) }
	return []*analysis.Analyzer{check, compare}, cmp.Or(
		check.Flags.Set("exclude", exclude), compare.Flags.Set("errorf", "true"))
}

func withoutTests(pass *analysis.Pass) *analysis.Pass {
	some := *pass
	some.Files = nil
	for _, file := range pass.Files {
		if !isTest(pass, file) {
			some.Files = append(some.Files, file)
		}
	}
	return &some
}

func isTest(pass *analysis.Pass, file *ast.File) bool {
	return strings.HasSuffix(pass.Fset.File(file.Pos()).Name(), "_test.go")
}

// lint returns what the linters find in a module.
func lint(dir string, analyzers []*analysis.Analyzer) ([]string, error) {
	loaded, err := packages.Load(&packages.Config{Mode: packages.LoadSyntax, Dir: dir, Tests: true}, "./...")
	if err != nil {
		return nil, err
	}
	if packages.PrintErrors(loaded) > 0 || len(loaded) == 0 {
		return nil, fmt.Errorf("%s cannot be loaded", dir)
	}
	graph, err := checker.Analyze(analyzers, loaded, nil)
	if err != nil {
		return nil, err
	}
	return findings.In(graph)
}
