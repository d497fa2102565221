package main

import (
	"errors"
	"net/http"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/session"
)

// A form is the content of a form on a page: the visitor's input, without
// passwords, and its problems.
type form struct {
	Username, Email, Next string
	Problems              []problem
	Status                int // of the answer; zero is 200
}

// A problem is a sentence for the visitor, and the id of the field that it is
// about; empty if it is about the form.
type problem struct{ Field, Text string }

// Wrong reports whether there is a problem with a field.
func (f *form) Wrong(field string) bool {
	for _, p := range f.Problems {
		if p.Field == field {
			return true
		}
	}
	return false
}

// fail adds a problem.
func (f *form) fail(field, text string) {
	f.Problems = append(f.Problems, problem{field, text})
}

// failPassword adds the problems with a new password, if the error has any, and
// reports whether it does.
func (f *form) failPassword(err error) bool {
	var weak *auth.PasswordError
	if !errors.As(err, &weak) {
		return false
	}
	for _, p := range weak.Problems {
		f.fail("password", p.Message)
	}
	return true
}

// failForNow adds when to try again, if the error says that there were too
// many attempts, or that too many wait, and reports whether it does.
func (f *form) failForNow(header http.Header, err error) bool {
	var later *session.RetryError
	if !errors.As(err, &later) {
		return false
	}
	later.SetHeader(header)
	f.Status = later.Status
	why := "There were too many attempts."
	if later.Status == http.StatusServiceUnavailable {
		why = "Too many others are waiting."
	}
	f.fail("", why+" Please try again in "+later.Wait()+".")
	return true
}

// repeat adds a problem if a new password was not typed the same twice.
func (f *form) repeat(password, again string) {
	if password != again {
		f.fail("again", "The two passwords do not match.")
	}
}
