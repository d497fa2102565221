package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// runs carries out a command line and returns its help and its error.
func runs(t *testing.T, args ...string) (help, problem string) {
	var out strings.Builder
	if err := run(t.Context(), args, &out); err != nil {
		problem = err.Error()
	}
	return out.String(), problem
}

// forPeople are the commands that people call.
var forPeople = []string{
	"matrix", "load", "scale", "capacity", "failover", "devices", "crowd", "hostile", "sizes", "page",
}

// TestHelpListsTheCommands, and not the ones that the program calls itself.
func TestHelpListsTheCommands(t *testing.T) {
	for _, args := range [][]string{{}, {"-help"}, {"help"}, {"unknown"}} {
		help, problem := runs(t, args...)
		for _, name := range forPeople {
			if !strings.Contains(help, "\n  "+name+" ") {
				t.Errorf("%q does not list %s: %s", args, name, help)
			}
		}
		if strings.Contains(help, "serve") {
			t.Errorf("%q lists what is not for people: %s", args, help)
		}
		asked := len(args) > 0 && args[0] != "unknown"
		if asked != (problem == "") {
			t.Errorf("%q: error %q", args, problem)
		}
	}
}

// TestCommandsTakeNoArguments: a flag without its dash is a mistake.
func TestCommandsTakeNoArguments(t *testing.T) {
	for _, name := range forPeople {
		if _, problem := runs(t, name, "quick"); !strings.Contains(problem, "flags only") {
			t.Errorf("%s: error %q", name, problem)
		}
	}
}

// TestNothingMeasuredIsAnError, and leaves the results alone.
func TestNothingMeasuredIsAnError(t *testing.T) {
	for _, command := range []string{"matrix", "load", "capacity"} {
		dir := filepath.Join(t.TempDir(), "results")
		if _, problem := runs(t, command, "-only", "no such engine", "-o", dir); problem == "" {
			t.Errorf("%s: no error", command)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s has saved something", command)
		}
	}
}

// TestPageWritesTheResults that are in the repository, into copies.
func TestPageWritesTheResults(t *testing.T) {
	dir := t.TempDir()
	page := filepath.Join(dir, "page.md")
	chart, summary := filepath.Join(dir, "chart.svg"), filepath.Join(dir, "summary.svg")
	text, err := os.ReadFile("../docs/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(page, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, problem := runs(t, "page", "-page", page, "-chart", chart, "-summary", summary); problem != "" {
		t.Fatal(problem)
	}
	if got, err := os.ReadFile(page); err != nil || string(got) != string(text) {
		t.Errorf("docs/performance.md does not show what is in results: %v", err)
	}
	for written, file := range map[string]string{chart: "performance.svg", summary: "summary.svg"} {
		got, err := os.ReadFile(written)
		want, err2 := os.ReadFile("../docs/" + file)
		if err != nil || err2 != nil || string(got) != string(want) {
			t.Errorf("docs/%s does not show what is in results: %v, %v", file, err, err2)
		}
	}
	if _, problem := runs(t, "page", "-results", dir, "-page", page); !strings.Contains(problem, "make bench") {
		t.Errorf("without results: %q", problem)
	}
}
