package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jamsession/jamsession/mail"
)

type testEmailCommand struct {
	Addresses []string `arg:"" name:"address" help:"Where to; one mail each."`
}

// Help says more in --help.
func (*testEmailCommand) Help() string {
	return "The mails go by EMAIL_URL from DEFAULT_FROM_EMAIL, as those with reset links do. Without " +
		"EMAIL_URL they are printed. An error says what the server, or the connection to it, did not " +
		"like, so that a wrong password or certificate shows before a user needs a mail."
}

// mailLimit is how long one mail may take.
const mailLimit = time.Minute

// Run carries the command out.
func (c *testEmailCommand) Run(a *app) error {
	sender, err := c.sender(a)
	if err != nil {
		return err
	}
	for i, to := range c.Addresses {
		if (mail.Message{To: to}).Check() != nil {
			return fmt.Errorf("address %d of %d must be like ann@example.com; nothing was sent: %w",
				i+1, len(c.Addresses), errUsage)
		}
	}
	var problems []error
	for _, to := range c.Addresses {
		if err := a.ctx.Err(); err != nil {
			return err
		}
		if err := send(a.ctx, sender, to); err != nil {
			problems = append(problems, fmt.Errorf("%q: %w", to, err))
			continue
		}
		fmt.Fprintf(a.out, "Mail to %s sent.\n", legible(to))
	}
	return errors.Join(problems...)
}

// sender returns the server of the settings, or else the terminal.
func (c *testEmailCommand) sender(a *app) (mail.Sender, error) {
	s, err := a.settings()
	if err != nil {
		return nil, err
	}
	server, err := values(s).MailServer()
	if server == nil && err == nil {
		fmt.Fprintln(a.err, "jamsession: EMAIL_URL is not set: mails are printed and not sent")
		return mail.Terminal(a.out), nil
	}
	return server, err
}

func send(ctx context.Context, sender mail.Sender, to string) error {
	host, err := os.Hostname()
	if err != nil {
		host = "this machine"
	}
	limited, cancel := context.WithTimeout(ctx, mailLimit)
	defer cancel()
	err = sender.Send(limited, mail.Message{
		To:      to,
		Subject: "Test email from " + host + " on " + time.Now().UTC().Format("2006-01-02 15:04:05 MST"),
		Text:    "If you're reading this, it was successful.\n",
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("the mail server did not take it within %v", mailLimit)
	case errors.Is(err, mail.ErrTemporary):
		return fmt.Errorf("%w; a site tries again later", err)
	default:
		return err
	}
}
