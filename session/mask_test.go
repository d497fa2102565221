package session_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// secretHeaders are masked while a panic is on its way.
var secretHeaders = []string{"Cookie", "Authorization"}

// recovered returns a handler that recovers panics, and tells see of its copy of the
// request, as the recovery of a router does.
func recovered(next http.Handler, see func(*http.Request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(r.Context())
		defer func() {
			if recover() != nil {
				see(r)
				w.WriteHeader(http.StatusInternalServerError)
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// TestHeadersComeBack for the ErrorHandler, and for handlers around the manager.
func TestHeadersComeBack(t *testing.T) {
	var seen []string
	see := func(r *http.Request) {
		for _, header := range secretHeaders {
			seen = append(seen, r.Header.Get(header))
		}
	}
	isMasked := func(r *http.Request) {
		for _, header := range secretHeaders {
			if line := r.Header.Get(header); strings.Trim(line, "*") != "" || len(line) != len("name=secret") {
				t.Errorf("%s is %q when the panic is recovered", header, line)
			}
		}
	}
	m := noerror.In(session.New(memstore.New(), &session.Options{
		ErrorHandler: func(_ http.ResponseWriter, r *http.Request, _ error) { see(r) },
	}))
	abort := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		defer func() { _ = recover() }() // twice, as handlers do that tidy up
		defer session.Abort(r, errors.New("no"))
		session.Abort(r, errors.New("no"))
	})
	for name, site := range map[string]http.Handler{
		"recovered by a handler": m.Handler(recovered(abort, isMasked)),
		"swallowed":              m.Handler(abort),
		"a page's own panic": m.Handler(recovered(m.Handler(http.HandlerFunc(
			func(_ http.ResponseWriter, r *http.Request) { defer see(r); panic("bug") })), isMasked)),
		"recovered by m": m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { session.Abort(r, errors.New("no")) })),
	} {
		seen = nil
		r := httptest.NewRequest("GET", "/", nil)
		for _, header := range secretHeaders {
			r.Header.Set(header, "name=secret")
		}
		site.ServeHTTP(httptest.NewRecorder(), r)
		see(r)
		if text := fmt.Sprint(seen); len(seen) != 2*len(secretHeaders) || strings.Contains(text, "*") {
			t.Errorf("%s: the headers are %s", name, text)
		}
	}
}
