package main

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

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
		fmt.Fprintln(p.a.err, "Error: the passwords are not the same.")
		return false, nil
	}
	if first == "" {
		fmt.Fprintln(p.a.err, "Error: the password is empty.")
		return false, nil
	}
	faults := weaknesses(first, username)
	if len(faults) == 0 {
		return true, nil
	}
	fmt.Fprintln(p.a.err, strings.Join(faults, "\n"))
	answer, err := p.ask("Bypass these checks and use it all the same? [y/N]: ", "n")
	return strings.EqualFold(answer, "y") || strings.EqualFold(answer, "yes"), err
}

// minPassword is the length in characters that Django's validator asks for.
const minPassword = 8

// weaknesses says what is wrong with a password.
func weaknesses(password, username string) []string {
	var faults []string
	if strings.EqualFold(password, username) {
		faults = append(faults, "The password is the username.")
	}
	if utf8.RuneCountInString(password) < minPassword {
		faults = append(faults, fmt.Sprintf("The password is shorter than %d characters.", minPassword))
	}
	if !strings.ContainsFunc(password, func(r rune) bool { return !unicode.IsDigit(r) }) {
		faults = append(faults, "The password is only digits.")
	}
	return faults
}
