package session_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

// TestTooLargeForTheStoreIsNotUnavailable: to try again would not help.
func TestTooLargeForTheStoreIsNotUnavailable(t *testing.T) {
	for _, call := range []string{"Load", "Create", "Save"} {
		t.Run(call, func(t *testing.T) {
			spy := newSpy()
			var got error
			m := noerror.In(session.New(spy, &session.Options{
				Logger: quiet, ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
					got = err
					w.WriteHeader(http.StatusInternalServerError)
				},
			}))
			set := func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("a", 1) }
			key := ""
			if call != "Create" {
				key = keyOf(request(m, "", set))
			}
			spy.breakOn(call)
			spy.fail[call] = fmt.Errorf("the store: %w", session.ErrTooLarge)
			request(m, key, set)
			if !errors.Is(got, session.ErrTooLarge) || errors.Is(got, session.ErrUnavailable) {
				t.Errorf("the error is %v", got)
			}
		})
	}
}
