package password

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Validator judges new passwords. It is the seam for a rule of your own, or
// a service that knows which passwords have leaked. It must be safe for
// concurrent use. (Django: AUTH_PASSWORD_VALIDATORS.)
type Validator interface {
	// Validate returns what is wrong with the password, or nil. The
	// attributes are what is known about the user.
	Validate(password string, about []Attribute) *Problem

	// Help tells users, in one sentence and before they choose, what is
	// required of the password. Those of this package speak English: a type
	// around one can say it in other words.
	Help() string
}

// An Attribute is something known about the user, such as the username, that
// the password should not resemble.
type Attribute struct {
	Name  string // as the user is told: "username"
	Value string
}

// A Problem says what is wrong with a new password.
type Problem struct {
	Code    string // Django's, such as "password_too_short"
	Message string // one sentence for the user; it does not show the password

	// Params are what a translation fills in, by Django's names: "min_length",
	// an int, and "verbose_name", the Name of an [Attribute].
	Params map[string]any
}

// Error returns the message.
func (p *Problem) Error() string { return p.Message }

// Validate returns what all validators find wrong with a new password, in
// their order; none if nothing is. A password longer than 4096 bytes is
// "password_too_long", and no validator sees it. (Django: validate_password.)
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

// DefaultValidators returns the four that Django lists in a new project, with
// its limits: [NotSimilar], [MinLength], [NotCommon] and [NotNumeric].
func DefaultValidators() []Validator {
	return []Validator{
		notSimilar{0.7}, minLength(8), notCommon{builtIn}, notNumeric{},
	}
}

// MinLength returns the validator that refuses passwords of less than n
// characters: "password_too_short". Django's default is 8. Where a password is all
// that a login requires, ASVS 6.2.1 recommends 15. The error says that n is not
// positive, or more than 4096. (Django: MinimumLengthValidator.)
func MinLength(n int) (Validator, error) {
	if n < 1 || n > maxLength {
		return nil, fmt.Errorf("password: MinLength: the length is %d; must be 1 to %d", n, maxLength)
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

// NotNumeric returns the validator that refuses passwords of digits alone, of
// whatever script: "password_entirely_numeric". (Django:
// NumericPasswordValidator.)
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
