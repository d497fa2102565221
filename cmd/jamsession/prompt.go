package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// passwordVariables are where a password can come from without a terminal.
var passwordVariables = []string{"JAMSESSION_SUPERUSER_PASSWORD", "DJANGO_SUPERUSER_PASSWORD"}

var errNoTerminal = fmt.Errorf("standard input is no terminal: use --noinput, with the password on "+
	"standard input or in %s: %w", passwordVariables[0], errUsage)

// A prompter asks questions on a terminal.
type prompter struct {
	a     *app
	lines *bufio.Reader
}

func (a *app) prompter() (*prompter, error) {
	if !term.IsTerminal(int(a.in.Fd())) { // a descriptor is small
		return nil, errNoTerminal
	}
	return &prompter{a, bufio.NewReader(a.in)}, nil
}

// ask returns the answer, or def if it is empty.
func (p *prompter) ask(question, def string) (string, error) {
	fmt.Fprint(p.a.out, question)
	line, err := p.lines.ReadString('\n')
	if err != nil && line == "" {
		return "", fmt.Errorf("stopped: %w", err)
	}
	if line = strings.TrimSpace(line); line == "" {
		line = def
	}
	return line, nil
}

// hidden returns an answer that the terminal does not show.
func (p *prompter) hidden(question string) (string, error) {
	fmt.Fprint(p.a.out, question)
	text, err := term.ReadPassword(int(p.a.in.Fd())) // a descriptor is small
	fmt.Fprintln(p.a.out)
	if err != nil {
		return "", fmt.Errorf("stopped: %w", err)
	}
	return string(text), nil
}

// newPassword asks twice, until the answers agree and nobody objects.
func (p *prompter) newPassword(username string) (string, error) {
	for {
		first, err := p.hidden("Password: ")
		if err != nil {
			return "", err
		}
		second, err := p.hidden("Password (again): ")
		if err != nil {
			return "", err
		}
		ok, err := p.accept(first, second, username)
		if err != nil || ok {
			return first, err
		}
	}
}

func (p *prompter) accept(first, second, username string) (bool, error) {
	if first != second {
		fmt.Fprintln(p.a.err, "The passwords are not the same. Please try again.")
		return false, nil
	}
	if first == "" {
		fmt.Fprintln(p.a.err, "An empty password is not possible. Please try again.")
		return false, nil
	}
	weakness := weakness(first, username)
	if weakness == "" {
		return true, nil
	}
	fmt.Fprintln(p.a.err, weakness)
	answer, err := p.ask("Use it all the same? [y/N]: ", "n")
	return strings.EqualFold(answer, "y") || strings.EqualFold(answer, "yes"), err
}

// weakness says what is wrong with a password, or nothing.
func weakness(password, username string) string {
	switch {
	case strings.EqualFold(password, username):
		return "The password is the username."
	case utf8.RuneCountInString(password) < 8:
		return "The password is shorter than 8 characters."
	case !strings.ContainsFunc(password, func(r rune) bool { return !unicode.IsDigit(r) }):
		return "The password is only digits."
	default:
		return ""
	}
}

// givenPassword returns the password of --noinput: from the environment, or
// else the first line of standard input.
func (a *app) givenPassword() (string, error) {
	for _, name := range passwordVariables {
		if text := os.Getenv(name); text != "" {
			return text, nil
		}
	}
	if term.IsTerminal(int(a.in.Fd())) { // a descriptor is small
		return "", fmt.Errorf("no password: --noinput takes it from standard input or %s: %w",
			passwordVariables[0], errUsage)
	}
	line, err := bufio.NewReader(io.LimitReader(a.in, 1<<16)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", fmt.Errorf("no password: standard input is empty, and %s is not set: %w",
			passwordVariables[0], errUsage)
	}
	return line, nil
}
