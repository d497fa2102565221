package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/jamsession/jamsession/internal/conf"
)

type settingsCommand struct {
	Names   []string `arg:"" name:"name" optional:"" help:"Show only these."`
	Changed bool     `help:"Show only those that are set somewhere."`
	JSON    bool     `help:"Print one JSON object per line."`
}

// Help says more in --help.
func (*settingsCommand) Help() string {
	return "Shows the values that count, and where they are from: a flag, the environment, a file or the " +
		"default. " +
		"No key and no password is shown; of a URL that may have one, only the beginning."
}

// A shownSetting is a setting as it is printed.
type shownSetting struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Secret bool   `json:"secret"` // the value is a hint
	From   string `json:"from"`   // flag, environment, the path of a file, or default
}

// Run carries the command out.
func (c *settingsCommand) Run(a *app) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	for _, name := range c.Names {
		if !slices.ContainsFunc(conf.All(), func(t conf.Setting) bool { return t.Name == name }) {
			return fmt.Errorf("there is no setting %q: %w", name, errUsage)
		}
	}
	var list []shownSetting
	for _, t := range conf.All() {
		shown := a.show(values(s), t)
		if len(c.Names) > 0 && !slices.Contains(c.Names, t.Name) || c.Changed && shown.From == "default" {
			continue
		}
		list = append(list, shown)
	}
	if c.JSON {
		return writeJSONLines(a.out, list)
	}
	return writeSettings(a.out, list)
}

func (a *app) show(s *conf.Settings, t conf.Setting) shownSetting {
	shown := shownSetting{Name: t.Name, Secret: t.Secret, Value: s.Get(t.Name), From: s.From[t.Name]}
	if t.Secret {
		shown.Value = s.Hints[t.Name]
	}
	switch file := a.globals.SecretKeyFile; {
	case t.Name == "SECRET_KEY" && file != "":
		shown.From = file
	case shown.From == "default of the program": // this program's
		shown.From = defaultKeyFile
	}
	return shown
}

func writeSettings(w io.Writer, list []shownSetting) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range list {
		value := legible(s.Value)
		if value == "" {
			value = "(empty)"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", s.Name, value, legible(s.From))
	}
	return t.Flush()
}
