package main

import (
	"bytes"
	"os"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// help returns what a command prints for --help.
func help(t *testing.T, command string) string {
	t.Helper()
	var out, errs bytes.Buffer
	args := append(strings.Fields(command), "--help")
	status := run(t.Context(), args, stdio{os.Stdin, &out, &errs})
	if status != 0 || out.Len() == 0 || errs.Len() > 0 {
		t.Fatalf("%s --help: status %d, %s", command, status, &errs)
	}
	return out.String()
}

// TestPackageCommentIsTheHelp: the comment on main lists what --help lists.
func TestPackageCommentIsTheHelp(t *testing.T) {
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, listed, _ := strings.Cut(help(t, ""), "Commands:\n")
	listed, _, _ = strings.Cut(listed, "\n\n")
	comment := "// Commands:\n//\n"
	for line := range strings.Lines(listed + "\n") {
		comment += "//\t" + strings.TrimPrefix(line, "  ")
	}
	if !strings.Contains(string(source), comment+"//\n") {
		t.Errorf("the comment in main.go does not have what --help says:\n%s", comment)
	}
}

// TestHelpFitsTheTerminal: no line of any help is wider than 80 columns.
func TestHelpFitsTheTerminal(t *testing.T) {
	for _, command := range paths(newParser(new(commandLine), stdio{}, func() {}).Model.Node) {
		for line := range strings.Lines(help(t, command)) {
			if len(strings.TrimSuffix(line, "\n")) > 80 {
				t.Errorf("%s --help: too wide: %s", command, line)
			}
		}
	}
}

// paths are those of a command and of the commands below it: "", "sessions", "sessions list".
func paths(node *kong.Node) []string {
	all := []string{strings.TrimSpace(strings.TrimPrefix(node.FullPath(), "jamsession"))}
	for _, child := range node.Children {
		all = append(all, paths(child)...)
	}
	return all
}

// TestHelpCommandSaysWhatTheFlagSays, of every command.
func TestHelpCommandSaysWhatTheFlagSays(t *testing.T) {
	for _, command := range paths(newParser(new(commandLine), stdio{}, func() {}).Model.Node) {
		var out, errs bytes.Buffer
		args := append([]string{"help"}, strings.Fields(command)...)
		if status := run(t.Context(), args, stdio{os.Stdin, &out, &errs}); status != 0 || errs.Len() > 0 {
			t.Errorf("help %s: status %d, %s", command, status, &errs)
		}
		if out.String() != help(t, command) {
			t.Errorf("help %s:\n%s", command, &out)
		}
	}
}

func TestVersionSaysHowItWasBuilt(t *testing.T) {
	for _, c := range []struct {
		info debug.BuildInfo
		want string
	}{
		{debug.BuildInfo{}, "jamsession  unknown\ngo          unknown\nrevision    unknown\n"},
		{
			debug.BuildInfo{
				GoVersion: "go1.99", Main: debug.Module{Version: "v1.2.3"},
				Settings: []debug.BuildSetting{
					{Key: "vcs.revision", Value: "abc"},
					{Key: "vcs.modified", Value: "true"},
				},
			},
			"jamsession  v1.2.3\ngo          go1.99\nrevision    abc (modified)\n",
		},
	} {
		var out bytes.Buffer
		writeVersion(&out, &c.info)
		if out.String() != c.want {
			t.Errorf("got:\n%s", &out)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"12345 789", []string{"12345 789"}},
		{"12345 7890", []string{"12345", "7890"}},
		{"a 1234567890 b", []string{"a", "1234567890", "b"}},
	} {
		got := wrap(c.text, 9)
		if strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}
