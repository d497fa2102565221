package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jamsession/jamsession/auth"
)

// passwordRules say which password a user can get.
type passwordRules struct {
	logins  *auth.Manager
	user    auth.User
	without bool // any password will do
}

// problems returns what the validators of the settings say of a password.
func (r passwordRules) problems(password string) ([]string, error) {
	if r.without {
		return nil, nil
	}
	err := r.logins.CheckPassword(r.user, password)
	var weak *auth.PasswordError
	if !errors.As(err, &weak) {
		return nil, err
	}
	var texts []string
	for _, problem := range weak.Problems {
		texts = append(texts, problem.Message)
	}
	return texts, nil
}

// check returns an error for a password that nobody can be asked about.
func (r passwordRules) check(password string) error {
	problems, err := r.problems(password)
	if err == nil && len(problems) > 0 {
		return fmt.Errorf("%s Give another one, or --without-validation", strings.Join(problems, " "))
	}
	return err
}

// newPassword asks twice, until the answers agree and no validator of the
// settings objects.
func (p *prompter) newPassword(rules passwordRules) (string, error) {
	for {
		first, err := p.hidden("Password: ")
		if err != nil {
			return "", err
		}
		second, err := p.hidden("Password (again): ")
		if err != nil {
			return "", err
		}
		ok, err := p.accept(first, second, rules)
		if err != nil || ok {
			return first, err
		}
	}
}

func (p *prompter) accept(first, second string, rules passwordRules) (bool, error) {
	if first != second {
		fmt.Fprintln(p.a.err, "Error: the passwords are not the same.")
		return false, nil
	}
	if first == "" {
		fmt.Fprintln(p.a.err, "Error: the password is empty.")
		return false, nil
	}
	problems, err := rules.problems(first)
	if len(problems) == 0 {
		return err == nil, err
	}
	for _, problem := range problems {
		fmt.Fprintln(p.a.err, problem)
	}
	answer, err := p.ask("Bypass these checks and use it anyway? [y/N]: ", "n")
	return strings.EqualFold(answer, "y") || strings.EqualFold(answer, "yes"), err
}
