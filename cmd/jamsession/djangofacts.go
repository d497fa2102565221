package main

import (
	"io"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/facts"
)

type factsCommand struct{}

// Help says more in --help.
func (*factsCommand) Help() string {
	return "Read the script, and run it where Django runs. It changes nothing, and prints no key and no " +
		"password:\n\n" +
		"jamsession django-facts > facts.py\n\n" +
		"python3 manage.py shell < facts.py > facts.json\n\n" +
		"Where the shell does not read scripts from its input, as on Windows, write python3 manage.py " +
		"shell -c \"exec(open('facts.py').read())\". Then jamsession init --from-django facts.json writes " +
		"settings that share the login, and jamsession check --django facts.json compares."
}

// Run carries the command out.
func (*factsCommand) Run(a *app) error {
	_, err := io.WriteString(a.out, facts.Script)
	return err
}
