package main

import (
	"errors"
	"net/http"
	"slices"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/session"
)

// A form is the content of a form on a page: the visitor's input, without
// passwords, and its problems.
type form struct {
	Username, Email, Next string
	First                 string // the id of the field that a visitor begins with
	Problems              []problem
	Status                int // of the answer; zero is 200
}

// A problem is a sentence for the visitor, and the id of the field that it is
// about; empty if it is about the form.
type problem struct{ Field, Text string }

// On returns what is wrong with a field, or with the form.
func (f *form) On(field string) []string {
	var texts []string
	for _, p := range f.Problems {
		if p.Field == field {
			texts = append(texts, p.Text)
		}
	}
	return texts
}

// A field is what templates need to know of a field: its id, what is wrong with
// it, and whether the visitor begins there.
type field struct {
	ID       string
	Problems []string
	Focus    bool
}

// Field returns a field. The visitor begins at the first that has a problem, or
// at the first of all.
func (f *form) Field(id string) field {
	begin := f.First
	if i := slices.IndexFunc(f.Problems, func(p problem) bool { return p.Field != "" }); i >= 0 {
		begin = f.Problems[i].Field
	}
	return field{id, f.On(id), id == begin}
}

// A passwordPart is the part of a form that asks for a new password.
type passwordPart struct {
	Form  *form
	Label string
}

// NewPassword returns the part with this label.
func (f *form) NewPassword(label string) passwordPart { return passwordPart{f, label} }

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

// repeated adds a problem if a new password was typed twice, and not the same.
// With the script, the form has no second field.
func (f *form) repeated(r *http.Request, password string) {
	if r.PostForm.Has("again") && r.PostForm.Get("again") != password {
		f.fail("again", "The two passwords do not match.")
	}
}
