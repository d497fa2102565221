package main

import (
	"bytes"
	"encoding/json"
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
	return "The value is what stands in the column session_data of django_session, or the cookie " +
		"of Django's engine signed_cookies. The cookie of other engines is a key: see " +
		"jamsession sessions show."
}

// Run carries the command out.
func (c *decodeCommand) Run(a *app) error {
	value, err := io.ReadAll(io.LimitReader(a.in, rawjson.MaxSize))
	if err != nil {
		return err
	}
	value = bytes.TrimSpace(value)
	if len(value) == 0 {
		return fmt.Errorf("standard input is empty: pipe a value into it: %w", errUsage)
	}
	text, err := c.decode(a, value)
	if err != nil {
		return err
	}
	items, err := splitItems(text)
	if err != nil {
		return err
	}
	if !c.Reveal {
		hideSecrets(items)
	}
	return writeItems(a.out, items)
}

func (c *decodeCommand) decode(a *app, value []byte) ([]byte, error) {
	if c.UnsafeNoVerify {
		fmt.Fprintln(a.err, "jamsession: the signature was not checked")
		return signing.UnverifiedPayload(value, rawjson.MaxSize)
	}
	s, err := a.settings()
	if err != nil {
		return nil, err
	}
	if s.SecretKey == "" {
		return nil, errors.New("SECRET_KEY is not set: the signature cannot be checked")
	}
	for _, salt := range salts {
		signer := signing.New(salt, s.SecretKey, s.SecretKeyFallbacks...)
		text, err := signer.Loads(value, signing.NoMaxAge, rawjson.MaxSize)
		if !errors.Is(err, signing.ErrBadSignature) {
			return text, err
		}
	}
	return nil, errors.New("the value is damaged or signed with another SECRET_KEY: " +
		"--unsafe-no-verify shows it all the same")
}

// salts are the purposes that Django signs sessions for: a record, and the
// cookie of the engine signed_cookies.
var salts = []string{
	"django.contrib.sessions.SessionStore",
	"django.contrib.sessions.backends.signed_cookies",
}

// splitItems returns the items in a text by name.
func splitItems(text []byte) (map[string]json.RawMessage, error) {
	object, err := rawjson.Parse(text)
	if err != nil {
		return nil, err
	}
	items := make(map[string]json.RawMessage)
	for name, raw := range object.All() {
		items[name] = raw
	}
	return items, nil
}
