package csrf

import (
	"errors"
	"fmt"
)

// The checks that refuse a request. An [Error] wraps one of them.
var (
	// ErrOrigin: the Origin header names another site.
	ErrOrigin = errors.New("csrf: the request comes from another origin")

	// ErrReferer: over HTTPS and without an Origin header, the Referer header
	// is missing or names another site.
	ErrReferer = errors.New("csrf: the request does not come from a page of this site")

	// ErrCookie: the cookie with the visitor's secret is missing or
	// malformed.
	ErrCookie = errors.New("csrf: the request does not carry the visitor's secret")

	// ErrToken: the token in the form or the header is missing, malformed or
	// that of another secret.
	ErrToken = errors.New("csrf: the request does not carry a token for the visitor's secret")

	// ErrTooLarge: the form is longer than Options.MaxFormBytes, so that its
	// token was not looked for.
	ErrTooLarge = errors.New("csrf: the form is too large")
)

// An Error says why [Protection.Check] refused a request. It wraps one of the Err
// variables of this package. It holds no token, and of a Referer only the origin.
type Error struct {
	Reason string // in the words of Django 5.2

	// Advice is for the developers: the site that the request was for, as far as can be
	// known behind a proxy, and the setting to change if that is wrong. It may be empty.
	Advice string

	check error // one of the Err variables of this package
}

// Error returns the reason.
func (e *Error) Error() string { return "csrf: " + e.Reason }

// Unwrap returns the check that failed, for errors.Is.
func (e *Error) Unwrap() error { return e.check }

func refuse(check error, format string, args ...any) error {
	return &Error{fmt.Sprintf(format, args...), "", check}
}
