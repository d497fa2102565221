// Command cross checks and vets every package and test of modules for systems
// other than this one.
//
//	cross [-for windows/amd64,linux/386] folder...
//
// It reads the sources of everything that they import, and compiles nothing: "go vet"
// finds the same, but compiles each dependency first, which takes a machine that has
// not done so before ten minutes.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"golang.org/x/tools/go/packages"
)

// targets are the systems that the library is meant for, beside this one.
var targets = []string{"windows/amd64", "darwin/arm64", "linux/arm64", "linux/386", "freebsd/amd64"}

func main() {
	wanted := flag.String("for", strings.Join(targets, ","), "the `systems` to check for")
	flag.Parse()
	debug.SetGCPercent(400) // all that is read stays in use until its target is done
	wrong := 0
	for target := range strings.SplitSeq(*wanted, ",") {
		for _, dir := range flag.Args() {
			found, err := check(target, dir)
			if err != nil {
				found = append(found, err.Error())
			}
			for _, line := range found {
				fmt.Printf("%s: %s\n", target, line)
			}
			wrong += len(found)
		}
	}
	if wrong > 0 {
		os.Exit(1)
	}
	fmt.Println("checked for", strings.ReplaceAll(*wanted, ",", ", "))
}

// declarations is all but what is known about the bodies of functions, so that those of
// dependencies are not looked at: they take most of the time.
const declarations = packages.LoadAllSyntax&^packages.NeedTypesInfo | packages.NeedModule

// check returns what is wrong with a module on a system.
func check(target, dir string) ([]string, error) {
	system, processor, _ := strings.Cut(target, "/")
	loaded, err := packages.Load(&packages.Config{
		Mode:  declarations,
		Dir:   dir,
		Env:   append(os.Environ(), "GOOS="+system, "GOARCH="+processor, "CGO_ENABLED=0", "GOWORK=off"),
		Tests: true,
	}, "./...")
	if err != nil {
		return nil, err
	}
	if len(loaded) == 0 {
		return nil, fmt.Errorf("%s has no packages", dir)
	}
	if found := failures(loaded); len(found) > 0 {
		return found, nil
	}
	return vet(loaded)
}

// failures returns what keeps the packages from being compiled. A file belongs to
// a package and to its variant with tests: it fails once.
func failures(loaded []*packages.Package) (found []string) {
	seen := make(map[string]bool)
	packages.Visit(loaded, nil, func(p *packages.Package) {
		for _, err := range p.Errors {
			if line := err.Error(); !seen[line] {
				seen[line] = true
				found = append(found, line)
			}
		}
	})
	return found
}
