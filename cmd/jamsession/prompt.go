package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/jamsession/jamsession/internal/panics"
)

// A prompter asks questions on a terminal. It asks them on standard error, so
// that standard output can be kept.
type prompter struct {
	a     *app
	lines *bufio.Reader
}

func (a *app) prompter() (*prompter, error) {
	if !isTerminal(a.in) {
		return nil, fmt.Errorf("standard input is not a terminal: use --noinput, with the password "+
			"on standard input or in %s: %w", passwordVariables[0], errUsage)
	}
	return &prompter{a, bufio.NewReader(a.in)}, nil
}

// ask returns the answer, or def if it is empty.
func (p *prompter) ask(question, def string) (string, error) {
	fmt.Fprint(p.a.err, question)
	line, err := await(p.a.ctx, func() (string, error) { return p.lines.ReadString('\n') })
	if err != nil {
		fmt.Fprintln(p.a.err)
		return "", stopped(err)
	}
	if line = strings.TrimSpace(line); line == "" {
		line = def
	}
	return line, nil
}

// askUntil asks until check has nothing to say.
func (p *prompter) askUntil(question, def string, check func(string) error) (string, error) {
	for {
		answer, err := p.ask(question, def)
		if err != nil {
			return "", err
		}
		if err = check(answer); err == nil {
			return answer, nil
		}
		if p.a.ctx.Err() != nil {
			return "", err
		}
		fmt.Fprintf(p.a.err, "Error: %s.\n", legible(err.Error()))
	}
}

// hidden returns an answer that the terminal does not show. It leaves the
// terminal as it was, also when the program is stopped.
func (p *prompter) hidden(question string) (string, error) {
	terminal := int(p.a.in.Fd()) // a descriptor is small
	before, err := term.GetState(terminal)
	if err != nil {
		return "", err
	}
	fmt.Fprint(p.a.err, question)
	text, err := await(p.a.ctx, func() ([]byte, error) { return term.ReadPassword(terminal) })
	fmt.Fprintln(p.a.err)
	if err != nil {
		return "", errors.Join(stopped(err), term.Restore(terminal, before))
	}
	return string(text), nil
}

// stopped treats the end of the answers, Ctrl-D, like a signal.
func stopped(err error) error {
	if errors.Is(err, io.EOF) {
		return errStopped
	}
	return err
}

// await returns what a read returns, or ctx.Err if ctx is done first: a read
// of a terminal or pipe cannot be interrupted. The read is left behind until
// the program ends.
func await[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	panics.Go(func() {
		value, err := read()
		done <- result{value, err}
	}, func(err error) { done <- result{err: err} })
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// passwordVariables are where a password can come from without a terminal.
var passwordVariables = []string{"JAMSESSION_SUPERUSER_PASSWORD", "DJANGO_SUPERUSER_PASSWORD"}

// givenPassword returns the password of --noinput, if the rules let it pass.
func (a *app) givenPassword(rules passwordRules) (string, error) {
	password, err := a.readPassword()
	if err == nil {
		err = rules.check(password)
	}
	return password, err
}

// readPassword returns the password from the environment, or else the first
// line of standard input.
func (a *app) readPassword() (string, error) {
	for _, name := range passwordVariables {
		if text := os.Getenv(name); text != "" {
			return text, nil
		}
	}
	if isTerminal(a.in) {
		return "", fmt.Errorf("no password: --noinput takes it from standard input or %s: %w",
			passwordVariables[0], errUsage)
	}
	lines := bufio.NewReader(io.LimitReader(a.in, 1<<16))
	line, err := await(a.ctx, func() (string, error) { return lines.ReadString('\n') })
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", fmt.Errorf("no password: standard input is empty, and %s is not set: %w",
			passwordVariables[0], errUsage)
	}
	return line, nil
}
