package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jamsession/jamsession/mail"
)

// newSender returns what sends the site's mails: a server if one is
// configured, or else the terminal.
func newSender(env func(string) (string, bool), terminal io.Writer) (mail.Sender, error) {
	server, _ := env("EMAIL_URL")
	if server == "" {
		return mail.Terminal(terminal), nil
	}
	from, _ := env("DEFAULT_FROM_EMAIL")
	if from == "" {
		return nil, errors.New("EMAIL_URL is set: set DEFAULT_FROM_EMAIL to the address that mails are from")
	}
	sender, err := mail.NewSMTP(server, from)
	if err != nil {
		return nil, fmt.Errorf("EMAIL_URL: %w", err)
	}
	return sender, nil
}

// siteURL returns what links in mails begin with. It is never taken from a
// request: a stranger could have a link to his own host mailed to others.
func siteURL(env func(string) (string, bool), listening net.Addr) string {
	if url, _ := env("SITE_URL"); url != "" {
		return strings.TrimSuffix(url, "/")
	}
	return "http://" + listening.String()
}
