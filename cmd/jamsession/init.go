package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/starter"
	"github.com/jamsession/jamsession/settings"
)

type initCommand struct {
	Folder       string     `arg:"" optional:"" default:"." help:"Where to write it (default: here)."`
	Router       string     `placeholder:"NAME" help:"${routers}; default: that of net/http."`
	Module       string     `placeholder:"PATH" help:"If it is in no module (default: example.com/FOLDER)."`
	FromDjango   djangoFile `placeholder:"FILE" help:"Share the login of the Django site of these facts."`
	SettingsOnly bool       `help:"With --from-django: no program, only jamsession.toml."`
}

// Help says what the command does beyond its own line.
func (initCommand) Help() string {
	return "The site has a login, a page for users only and a test, and its settings are in " +
		"jamsession.toml. Nothing is overwritten. The go command then gets what the site needs.\n\n" +
		"With --from-django the settings are those that share the users and sessions of a Django site. " +
		"FILE is what the script of jamsession django-facts printed; - is standard input. What cannot be " +
		"shared is said, as by jamsession check --django."
}

// Run writes the site and gets its dependencies.
func (c *initCommand) Run(a *app) error {
	if c.FromDjango != "" {
		return c.fromDjango(a)
	}
	if c.SettingsOnly {
		return fmt.Errorf("--settings-only needs --from-django: %w", errUsage)
	}
	goCommand, err := c.goCommand()
	if err != nil {
		return err
	}
	names, err := starter.Write(c.Folder, c.Router)
	if err != nil {
		return err
	}
	if _, err := settings.DemoSecretKey(filepath.Join(c.Folder, defaultKeyFile)); err != nil {
		return err
	}
	names = append(names, defaultKeyFile) // which createsuperuser needs before the site has run
	fmt.Fprintf(a.out, "Wrote %s.\n", strings.Join(names, ", "))
	if err := c.runGo(a, goCommand); err != nil {
		return err
	}
	fmt.Fprintf(a.out, `
%s  go tool jamsession migrate            make the tables
  go tool jamsession createsuperuser    make a user
  go run .                              start the site
  go test .                             test it
`, c.enter())
	return nil
}

// goCommand is the path of the go command. It is looked for, and the module judged, before
// anything is written.
func (c *initCommand) goCommand() (string, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return "", fmt.Errorf("the go command is not there: install Go, then run jamsession init again: %w",
			err)
	}
	if !regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~/-]*$`).MatchString(c.module()) {
		return "", fmt.Errorf("--module must be a path such as example.com/shop: %w", errUsage)
	}
	return path, nil
}

// runGo makes the module, and gets what the site needs.
func (c *initCommand) runGo(a *app, goCommand string) error {
	for _, args := range c.goCommands(a, goCommand) {
		fmt.Fprintln(a.out, "go", strings.Join(args, " "))
		cmd := exec.CommandContext(a.ctx, goCommand, args...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = c.Folder, a.err, a.err
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("go %s: %w: the files stay; go on from there by hand",
				strings.Join(args, " "), err)
		}
	}
	return nil
}

// enter is the line that leads to the folder.
func (c *initCommand) enter() string {
	if filepath.Clean(c.Folder) == "." {
		return ""
	}
	return "  cd " + quoted(c.Folder) + "\n"
}

// quoted returns a word as a shell takes it.
func quoted(word string) string {
	if regexp.MustCompile(`^[\pL\pN/._][\pL\pN/._-]*$`).MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// goCommands make the folder a module, unless it is in one, and get what the site needs.
func (c *initCommand) goCommands(a *app, goCommand string) [][]string {
	const path = "github.com/jamsession/jamsession"
	at := "@" + wantedVersion()
	commands := [][]string{
		{"get", path + at},
		{"get", "-tool", path + "/cmd/jamsession" + at},
		{"mod", "tidy"},
	}
	cmd := exec.CommandContext(a.ctx, goCommand, "env", "GOMOD")
	cmd.Dir = c.Folder
	if mod, err := cmd.Output(); err == nil && filepath.Base(strings.TrimSpace(string(mod))) == "go.mod" {
		return commands
	}
	return append([][]string{{"mod", "init", c.module()}}, commands...)
}

// module is the path of the new module.
func (c *initCommand) module() string {
	if c.Module != "" {
		return c.Module
	}
	dir, err := filepath.Abs(c.Folder)
	name := regexp.MustCompile(`[^A-Za-z0-9._-]+`).ReplaceAllString(filepath.Base(dir), "-")
	if name = strings.Trim(name, ".-"); err != nil || name == "" {
		name = "site"
	}
	return "example.com/" + name
}

// wantedVersion is the version of the library for the site: that of this command, if it
// has been published.
func wantedVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "latest"
	}
	if version := info.Main.Version; regexp.MustCompile(`^v\d+\.\d+\.\d+[-.\w]*$`).MatchString(version) {
		return version
	}
	return "latest"
}
