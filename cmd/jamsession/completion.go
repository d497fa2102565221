package main

import (
	_ "embed"
	"slices"
	"strings"
	"text/template"

	"github.com/alecthomas/kong"

	"github.com/jamsession/jamsession/internal/conf"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help says more in --help.
func (*completionCommand) Help() string {
	return "Have your shell load it when it starts:\n\n" +
		"source <(jamsession completion bash)\n\n" +
		"source <(jamsession completion zsh)\n\n" +
		"jamsession completion fish | source"
}

// Run carries the command out.
func (c *completionCommand) Run(a *app) error {
	model := newParser(new(commandLine), a.stdio, func() {}).Model
	return completions().ExecuteTemplate(a.out, c.Shell, completables(model.Node, nil, nil))
}

//go:embed completion.tmpl
var completionText string

// completions are scripts for shells, each made of the table of commands.
func completions() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"join":  func(words []string) string { return strings.Join(words, " ") },
		"words": wordsOf,
		"zsh":   func(help string) string { return strings.ReplaceAll(help, `'`, `'\''`) },
		"fish":  strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace,
	}).Parse(completionText))
}

// A completable is a command, and what may follow it.
type completable struct {
	path     []string
	Commands []choice // and arguments that are one of a few words
	Flags    []choice // its own, and those of the commands above it
	Own      []choice
}

// Path is "sessions list", and empty before the first command.
func (c completable) Path() string { return strings.Join(c.path, " ") }

// Parent is the path above a command.
func (c completable) Parent() string { return strings.Join(c.path[:len(c.path)-1], " ") }

// Name is the last word of the path.
func (c completable) Name() string { return c.path[len(c.path)-1] }

// A choice is a word that may follow.
type choice struct {
	Word, Help string

	// Of a flag only.
	TakesValue bool
	IsFile     bool     // the value
	Values     []string // if it is one of a few words
	IsName     bool     // the values are names, which a value follows
}

// Name is that of a flag.
func (c choice) Name() string { return strings.TrimPrefix(c.Word, "--") }

func wordsOf(choices []choice) []string {
	var words []string
	for _, c := range choices {
		words = append(words, c.Word)
	}
	return words
}

// completables returns a command and those below it.
func completables(node *kong.Node, path []string, above []choice) []completable {
	c := completable{path: path}
	for _, flag := range node.Flags {
		c.Own = append(c.Own, choiceOf(flag))
	}
	c.Flags = slices.Concat(above, c.Own)
	for _, argument := range node.Positional {
		c.Commands = append(c.Commands, wordsFor(argument, node)...)
	}
	all := []completable{}
	for _, child := range node.Children {
		c.Commands = append(c.Commands, choice{Word: child.Name, Help: child.Help})
		all = append(all, completables(child, append(slices.Clip(path), child.Name), c.Flags)...)
	}
	return append([]completable{c}, all...)
}

// wordsFor returns the words that an argument may be, as far as they are known.
func wordsFor(argument *kong.Positional, of *kong.Node) []choice {
	var words []choice
	switch {
	case argument.Enum != "":
		for _, word := range argument.EnumSlice() {
			words = append(words, choice{Word: word})
		}
	case of.Name == "help":
		for _, command := range of.Parent.Children {
			words = append(words, choice{Word: command.Name, Help: command.Help})
		}
	case of.Name == "settings":
		for _, setting := range conf.All() {
			words = append(words, choice{Word: setting.Name, Help: setting.Doc})
		}
	}
	return words
}

func choiceOf(flag *kong.Flag) choice {
	c := choice{
		Word: "--" + flag.Name, Help: flag.Help, TakesValue: !flag.IsBool(),
		IsFile: flag.PlaceHolder == "FILE", IsName: flag.IsMap(),
	}
	switch {
	case flag.Enum != "":
		c.Values = flag.EnumSlice()
	case c.IsName:
		c.Values = settableNames()
	}
	return c
}

// settableNames are what --set takes.
func settableNames() []string {
	var names []string
	for _, setting := range conf.All() {
		if !strings.HasPrefix(setting.Name, "SECRET_KEY") { // others can read a command line
			names = append(names, setting.Name+"=")
		}
	}
	return names
}
