package main

import (
	"fmt"

	"github.com/jamsession/jamsession/internal/conf"
)

type secretCommand struct{}

// Help says more in --help.
func (*secretCommand) Help() string {
	return "It is random, has 64 characters, and goes where others cannot read it: into the " +
		"environment of the site, or into a file with mode 0600, such as secret_key. The key before it " +
		"goes to SECRET_KEY_FALLBACKS, until no session uses it any more:\n\n" +
		"(umask 077; jamsession secret > secret_key)"
}

// Run carries the command out.
func (*secretCommand) Run(a *app) error {
	_, err := fmt.Fprintln(a.out, conf.NewSecretKey().Reveal())
	return err
}
