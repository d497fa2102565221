package sitetest

import (
	"errors"
	"net/http"

	"github.com/jamsession/jamsession/examples/routers/pages"
	"github.com/jamsession/jamsession/session"
)

// ErrBoom is why pages fail.
var ErrBoom = errors.New("boom")

// SetNote sets a note, which is to be lost since the page fails.
func SetNote(r *http.Request) { pages.Note.Set(session.From(r), "lost") }

// FailByStatus sets a note, and answers 500.
func FailByStatus(w http.ResponseWriter, r *http.Request) {
	SetNote(r)
	http.Error(w, ErrBoom.Error(), http.StatusInternalServerError)
}

// FailByPanic sets a note, and panics.
func FailByPanic(_ http.ResponseWriter, r *http.Request) {
	SetNote(r)
	panic(ErrBoom)
}

// FailByAbort sets a note, and has the session's manager answer.
func FailByAbort(_ http.ResponseWriter, r *http.Request) {
	SetNote(r)
	session.Abort(r, ErrBoom)
}
