package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/internal/signing"
)

type decodeCommand struct {
	UnsafeNoVerify bool `help:"Do not check the signature: anyone may have made the value."`
	Reveal         bool `help:"Also show items that are secret."`
}

// Help says more in --help.
func (*decodeCommand) Help() string {
	return "The value is that of the column session_data of the table of sessions, or the cookie " +
		"of Django's engine signed_cookies. The cookie of other engines is a key: see " +
		"jamsession sessions show."
}

// Run carries the command out.
func (c *decodeCommand) Run(a *app) error {
	value, err := a.readValue()
	if err != nil {
		return err
	}
	text, err := c.decode(a, value)
	if err != nil {
		return err
	}
	items, err := rawjson.Parse(text)
	if err != nil {
		return fmt.Errorf("the value can be decoded, but holds no items as JSON (%w)", err)
	}
	if !c.Reveal {
		hideSecrets(&items)
	}
	return writeItems(a.out, items)
}

// readValue reads standard input. Base64 makes a value a third longer than
// the items in it.
func (a *app) readValue() ([]byte, error) {
	if isTerminal(a.in) {
		fmt.Fprintln(a.err, "Paste the value, then press Enter and Ctrl-D.")
	}
	value, err := await(a.ctx, func() ([]byte, error) {
		return io.ReadAll(io.LimitReader(a.in, 2*rawjson.MaxSize))
	})
	if err != nil {
		return nil, err
	}
	if value = bytes.TrimSpace(value); len(value) == 0 {
		return nil, fmt.Errorf("standard input is empty; pipe a value into it: %w", errUsage)
	}
	return value, nil
}

func (c *decodeCommand) decode(a *app, value []byte) ([]byte, error) {
	if c.UnsafeNoVerify {
		fmt.Fprintln(a.err, "jamsession: the signature was not checked")
		text, err := signing.UnverifiedPayload(value, rawjson.MaxSize)
		return text, unreadable(err)
	}
	s, err := a.settings()
	if err != nil {
		return nil, err
	}
	keys, err := s.Keys()
	if err != nil {
		return nil, errors.New("SECRET_KEY is not set, so the signature cannot be checked: " +
			"set it, or see --unsafe-no-verify")
	}
	for _, salt := range []string{values(s).SessionSalt, cookieSalt} {
		signer := signing.New(salt, keys)
		text, err := signer.Loads(value, signing.NoMaxAge, rawjson.MaxSize)
		if !errors.Is(err, signing.ErrBadSignature) {
			return text, unreadable(err)
		}
	}
	return nil, errors.New("the value is damaged or signed with another SECRET_KEY: " +
		"--unsafe-no-verify shows it anyway")
}

// cookieSalt is the purpose for which Django signs the cookie of the engine
// signed_cookies. That of a record is SESSION_SALT.
const cookieSalt = "django.contrib.sessions.backends.signed_cookies"

func unreadable(err error) error {
	if errors.Is(err, signing.ErrMalformed) {
		return errors.New("this is not a session value: give all of it, from the first character to the last")
	}
	return err
}
