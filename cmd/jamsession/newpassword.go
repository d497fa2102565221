package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jamsession/jamsession/auth"
)

// newPassword asks twice, until the answers agree and no validator of the
// settings objects.
func (p *prompter) newPassword(logins *auth.Manager, user auth.User) (string, error) {
	for {
		first, err := p.hidden("Password: ")
		if err != nil {
			return "", err
		}
		second, err := p.hidden("Password (again): ")
		if err != nil {
			return "", err
		}
		ok, err := p.accept(first, second, logins, user)
		if err != nil || ok {
			return first, err
		}
	}
}

func (p *prompter) accept(first, second string, logins *auth.Manager, user auth.User) (bool, error) {
	if first != second {
		fmt.Fprintln(p.a.err, "Error: the passwords are not the same.")
		return false, nil
	}
	if first == "" {
		fmt.Fprintln(p.a.err, "Error: the password is empty.")
		return false, nil
	}
	var weak *auth.PasswordError
	if err := logins.CheckPassword(user, first); err == nil || !errors.As(err, &weak) {
		return err == nil, err
	}
	for _, problem := range weak.Problems {
		fmt.Fprintln(p.a.err, problem.Message)
	}
	answer, err := p.ask("Bypass these checks and use it anyway? [y/N]: ", "n")
	return strings.EqualFold(answer, "y") || strings.EqualFold(answer, "yes"), err
}
