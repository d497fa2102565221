package password

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Validator checks new passwords. Implement it for another rule, or for a
// service that knows leaked passwords. It must be safe for concurrent use.
// (Django: AUTH_PASSWORD_VALIDATORS.)
type Validator interface {
	// Validate returns the problem with the password, or nil. The attributes
	// are those of the user.
	Validate(password string, about []Attribute) *Problem

	// Help returns one sentence for users who choose a password, with the
	// requirement. In this package it is English: wrap a Validator in a type
	// with other words.
	Help() string
}

// An Attribute is a property of the user, such as the username, that the
// password should not resemble.
type Attribute struct {
	Name  string // as in a message to the user: "username"
	Value string
}

// A Problem is the reason why a new password was refused.
type Problem struct {
	Code    string // Django's code, such as "password_too_short"
	Message string // one sentence for the user, without the password

	// Params are the values for a translated message, under Django's names:
	// "min_length", an int, and "verbose_name", the Name of an [Attribute].
	Params map[string]any
}

// Error returns the message.
func (p *Problem) Error() string { return p.Message }

// Validate returns the problems that the validators find in a new password, in
// their order. A password longer than 4096 bytes is "password_too_long", and no
// validator is called. (Django: validate_password.)
func Validate(password string, about []Attribute, validators []Validator) []*Problem {
	if len(password) > maxLength {
		return []*Problem{{Code: "password_too_long", Message: "This password is too long."}}
	}
	var problems []*Problem
	for _, v := range validators {
		if p := v.Validate(password, about); p != nil {
			problems = append(problems, p)
		}
	}
	return problems
}

// DefaultValidators returns the four validators that Django lists in a new
// project, with its limits: [NotSimilar], [MinLength], [NotCommon] and
// [NotNumeric].
func DefaultValidators() []Validator {
	return []Validator{
		notSimilar{0.7}, minLength(8), notCommon{builtIn}, notNumeric{},
	}
}

// MinLength returns the validator that refuses passwords of fewer than n
// characters: "password_too_short". Django's default is 8. If a login requires
// only a password, ASVS 6.2.1 recommends 15. The error says that n is not
// positive, or more than 4096. (Django: MinimumLengthValidator.)
func MinLength(n int) (Validator, error) {
	if n < 1 || n > maxLength {
		return nil, fmt.Errorf("password: MinLength: the length is %d; it must be 1 to %d", n, maxLength)
	}
	return minLength(n), nil
}

type minLength int

// Validate implements [Validator].
func (m minLength) Validate(password string, _ []Attribute) *Problem {
	if utf8.RuneCountInString(password) >= int(m) {
		return nil
	}
	return &Problem{
		Code:    "password_too_short",
		Message: fmt.Sprintf("This password is too short: it needs at least %d characters.", int(m)),
		Params:  map[string]any{"min_length": int(m)},
	}
}

// Help implements [Validator].
func (m minLength) Help() string {
	return fmt.Sprintf("Your password needs at least %d characters.", int(m))
}

// NotNumeric returns the validator that refuses passwords of digits alone, in
// any script: "password_entirely_numeric". (Django: NumericPasswordValidator.)
func NotNumeric() Validator { return notNumeric{} }

type notNumeric struct{}

// Validate implements [Validator].
func (notNumeric) Validate(password string, _ []Attribute) *Problem {
	notNumber := func(c rune) bool { return !unicode.IsNumber(c) }
	if password == "" || strings.ContainsFunc(password, notNumber) {
		return nil
	}
	return &Problem{Code: "password_entirely_numeric", Message: "This password has digits only."}
}

// Help implements [Validator].
func (notNumeric) Help() string { return "Your password cannot be digits only." }
