// Package smallsite builds the least site that there can be, to measure what a program links.
package smallsite

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const source = `package main

import (
	"context"
	"net/http"

	"github.com/jamsession/jamsession/settings"
	"github.com/jamsession/jamsession/site"
%s)

func main() {
	s, _ := settings.Load(settings.System())
	web, _ := site.Open(context.Background(), s, nil)
	_ = http.ListenAndServe(s.Get("ADDR"), web.Handler(http.NotFoundHandler()))
}
`

// A Site is the source of a program.
type Site struct {
	root, file string
}

// Write writes into the folder dir a site with nothing but its pages, which links these
// packages below site, such as "postgres". Root is the folder of this module.
func Write(root, dir string, drivers ...string) (Site, error) {
	var imports strings.Builder
	for _, driver := range drivers {
		fmt.Fprintf(&imports, "\t_ %q\n", "github.com/jamsession/jamsession/site/"+driver)
	}
	file, err := filepath.Abs(filepath.Join(dir, "main.go"))
	if err != nil {
		return Site{}, err
	}
	return Site{root, file}, os.WriteFile(file, fmt.Appendf(nil, source, imports.String()), 0o600)
}

// Build builds the program into its folder, and returns its file and what the linker said.
func (s Site) Build(ctx context.Context, flags ...string) (program, log string, err error) {
	program = filepath.Join(filepath.Dir(s.file), "site")
	log, err = s.run(ctx, append([]string{"build", "-o", program}, flags...)...)
	return program, log, err
}

// Modules are those that the program links beside this one.
func (s Site) Modules(ctx context.Context) ([]string, error) {
	const format = "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}"
	out, err := s.run(ctx, "list", "-deps", "-f", format)
	seen := make(map[string]bool)
	var modules []string
	for module := range strings.FieldsSeq(out) {
		if !seen[module] {
			seen[module] = true
			modules = append(modules, module)
		}
	}
	return modules, err
}

func (s Site) run(ctx context.Context, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", append(args, s.file)...)
	command.Dir = s.root
	out, err := command.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go %s: %w: %s", args[0], err, out)
	}
	return string(out), nil
}
