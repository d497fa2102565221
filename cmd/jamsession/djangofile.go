package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/diffsettings"
	"github.com/jamsession/jamsession/cmd/jamsession/internal/facts"
	"github.com/jamsession/jamsession/cmd/jamsession/internal/sharing"
)

// A djangoFile is what --django names: a file that tells about a Django site, or
// "-" for standard input, which it also is without a value. Empty: no flag.
type djangoFile string

// standardInput is the name of standard input.
const standardInput djangoFile = "-"

// Decode implements [kong.MapperValue]: the value is the next word, unless that is a flag.
func (f *djangoFile) Decode(ctx *kong.DecodeContext) error {
	*f = standardInput
	next := ctx.Scan.Peek()
	if next.IsEOL() || next.InferredType().IsAny(kong.FlagToken, kong.ShortFlagToken) {
		return nil
	}
	return ctx.Scan.PopValueInto("file", (*string)(f))
}

// read returns what is known of the Django site, from facts or from diffsettings.
func (f djangoFile) read(a *app) (sharing.Django, error) {
	text, where, err := f.text(a)
	if err != nil {
		return sharing.Django{}, err
	}
	found, err := facts.Parse(text)
	if err == nil {
		return sharing.FromFacts(found), nil
	}
	if !errors.Is(err, facts.ErrNoFacts) {
		return sharing.Django{}, fmt.Errorf("%s: %w", where, err)
	}
	settings, err := diffsettings.Read(bytes.NewReader(text))
	if err != nil {
		return sharing.Django{}, fmt.Errorf("%s: %w", where, err)
	}
	return sharing.Django{Settings: settings}, nil
}

// facts returns the facts that the file has.
func (f djangoFile) facts(a *app) (*facts.Facts, error) {
	text, where, err := f.text(a)
	if err != nil {
		return nil, err
	}
	found, err := facts.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	return found, nil
}

// text returns what the file has, and its name for errors.
func (f djangoFile) text(a *app) (text []byte, where string, err error) {
	in := io.Reader(a.in)
	where = "standard input"
	switch {
	case f != standardInput:
		file, err := os.Open(string(f))
		if err != nil {
			return nil, "", err
		}
		defer func() { _ = file.Close() }()
		in, where = file, string(f)
	case isTerminal(a.in):
		return nil, "", fmt.Errorf("nothing is on standard input; name the file with the facts, see "+
			"jamsession django-facts --help: %w", errUsage)
	}
	text, err = await(a.ctx, func() ([]byte, error) { return facts.ReadInput(in) })
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", where, err)
	}
	return text, where, nil
}
