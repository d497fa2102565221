package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

type helpCommand struct {
	Command []string `arg:"" optional:"" help:"The command."`
}

// Run carries the command out.
func (c *helpCommand) Run(a *app) error {
	parser := newParser(new(commandLine), a.stdio, func() {})
	node := parser.Model.Node
	for i, name := range c.Command {
		if node = child(node, name); node == nil {
			return fmt.Errorf("there is no command %q: %w", strings.Join(c.Command[:i+1], " "), errUsage)
		}
	}
	_, _ = parser.Parse(append(c.Command, "--help")) // prints it; the arguments are missing
	return nil
}

// child returns the command of this name, or nil.
func child(of *kong.Node, name string) *kong.Node {
	for _, node := range of.Children {
		if node.Name == name {
			return node
		}
	}
	return nil
}
