package main

import (
	"fmt"
	"io"
	"runtime/debug"

	"github.com/alecthomas/kong"
)

type versionCommand struct{}

// Run carries the command out.
func (*versionCommand) Run(a *app) error {
	writeVersion(a.out, buildInfo())
	return nil
}

// A versionFlag prints one line in place of a command.
type versionFlag bool

// BeforeReset is called when the flag was given.
func (versionFlag) BeforeReset(parser *kong.Kong) error {
	fmt.Fprintln(parser.Stdout, "jamsession", orUnknown(buildInfo().Main.Version))
	parser.Exit(0)
	return nil
}

func buildInfo() *debug.BuildInfo {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return info
}

// writeVersion writes what is known of how the program was built.
func writeVersion(w io.Writer, info *debug.BuildInfo) {
	known := make(map[string]string)
	for _, s := range info.Settings {
		known[s.Key] = s.Value
	}
	fmt.Fprintln(w, "jamsession ", orUnknown(info.Main.Version))
	fmt.Fprintln(w, "go         ", orUnknown(info.GoVersion))
	revision := orUnknown(known["vcs.revision"])
	if known["vcs.modified"] == "true" {
		revision += " (modified)"
	}
	fmt.Fprintln(w, "revision   ", revision)
}

func orUnknown(text string) string {
	if text == "" {
		return "unknown"
	}
	return text
}
