package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// script returns what the command prints for a shell.
func script(t *testing.T, shell string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if status := run(t.Context(), []string{"completion", shell}, stdio{os.Stdin, &out, &errs}); status != 0 {
		t.Fatalf("status %d: %s", status, &errs)
	}
	return out.String()
}

// complete returns what bash offers for the last word of a line.
func complete(t *testing.T, script string, line ...string) []string {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("not run: no bash")
	}
	const ask = `
COMP_WORDS=(jamsession "$@") COMP_CWORD=$#
_jamsession
(( ${#COMPREPLY[@]} )) && printf '%s\n' "${COMPREPLY[@]}"
exit 0`
	args := append([]string{"--norc", "-c", script + ask, "bash"}, line...)
	cmd := exec.CommandContext(t.Context(), bash, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return strings.Fields(string(out))
}

// TestBashCompletes commands, flags and their values.
func TestBashCompletes(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("site.toml", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	script := script(t, "bash")
	for _, c := range []struct{ line, want string }{
		{"sess", "sessions"},
		{"sessions ", "list show delete end"},
		{"sessions d", "delete"},
		{"sessions list --or", "--order"},
		{"sessions list --order ", "stored expires user size items"},
		{"sessions list --order e", "expires"},
		{"sessions list --order = s", "stored size"}, // as bash splits --order=s
		{"sessions list --order =", "stored expires user size items"},
		{"--config x users ", "list create deactivate reactivate"},
		{"users list --in", "--inactive"},
		{"users create --in", ""},
		{"check --fail-level W", "WARNING"},
		{"check --conf", "--config"},
		{"--config s", "site.toml"},
		{"check --config = s", "site.toml"},
		{"--database-url ", ""},
		{"--set LOGIN_REDIRECT", "LOGIN_REDIRECT_URL="},
		{"check --set SECRET", ""},
		{"settings DEFAULT_FROM", "DEFAULT_FROM_EMAIL"},
		{"completion ", "bash zsh fish"},
		{"help sendt", "sendtestemail"},
		{"bogus --vers", "--version"},
	} {
		words := strings.Split(c.line, " ")
		if got := complete(t, script, words...); !slices.Equal(got, strings.Fields(c.want)) {
			t.Errorf("%s: %q, want %s", c.line, got, c.want)
		}
	}
}

// TestEveryCommandAndFlagIsCompleted, in each of the shells.
func TestEveryCommandAndFlagIsCompleted(t *testing.T) {
	bash, zsh, fish := script(t, "bash"), script(t, "zsh"), script(t, "fish")
	var visit func(node *kong.Node, path []string)
	visit = func(node *kong.Node, path []string) {
		at := "'" + strings.Join(path, " ") + "'"
		for _, child := range node.Children {
			if got := complete(t, bash, append(slices.Clone(path), child.Name)...); !slices.Contains(got, child.Name) {
				t.Errorf("bash does not complete %v %s: %q", path, child.Name, got)
			}
			if !strings.Contains(zsh, "'"+child.Name+":"+child.Help[:5]) ||
				!strings.Contains(fish, "__jamsession_at "+at+"\" -a '"+child.Name+"' ") {
				t.Errorf("zsh or fish does not complete %v %s", path, child.Name)
			}
			visit(child, append(slices.Clone(path), child.Name))
		}
		offered := complete(t, bash, append(slices.Clone(path), "--")...)
		for _, flag := range node.Flags {
			word := "--" + flag.Name
			if !strings.Contains(zsh, "'"+word+":") || !strings.Contains(fish, " -l "+flag.Name+" ") {
				t.Errorf("zsh or fish does not complete %v %s", path, word)
			}
			if !slices.Contains(offered, word) {
				t.Errorf("bash does not complete %v %s: %q", path, word, offered)
			}
		}
	}
	visit(newParser(new(commandLine), stdio{}, func() {}).Model.Node, nil)
}

// TestScriptsCanBeRead by their shells.
func TestScriptsCanBeRead(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		name := filepath.Join(t.TempDir(), shell)
		if err := os.WriteFile(name, []byte(script(t, shell)), 0o600); err != nil {
			t.Fatal(err)
		}
		path, err := exec.LookPath(shell)
		if err != nil {
			t.Logf("not run: no %s", shell)
			continue
		}
		if out, err := exec.CommandContext(t.Context(), path, "-n", name).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", shell, err, out)
		}
	}
}
