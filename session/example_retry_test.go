package session_test

import (
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// A limit of your own: one export at a time for each process.
func ExampleRetryError() {
	sessions, err := session.New(memstore.New(), nil)
	if err != nil {
		log.Fatal(err)
	}
	places := make(chan struct{}, 1)
	export := sessions.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
			fmt.Fprint(w, "the export")
		default:
			session.Abort(r, &session.RetryError{
				Status:     http.StatusServiceUnavailable,
				RetryAfter: 20 * time.Second,
				Text:       "Another export is running.",
				Err:        errors.New("export: busy"),
			})
		}
	}))
	places <- struct{}{} // of another request
	w := httptest.NewRecorder()
	export.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Print(w.Code, ", after ", w.Header().Get("Retry-After"), ": ", w.Body)
	// Output: 503, after 20: Another export is running. Please try again in 20 seconds.
}

// Without a Django site to share with, the safest options are one call.
func ExampleHardened() {
	o := session.Hardened()
	o.IdleTimeout = 15 * time.Minute // shorter than the hour that it has
	sessions, err := session.New(memstore.New(), o)
	if err != nil {
		log.Fatal(err)
	}
	page := sessions.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		username.Set(session.From(r), "john_doe")
	}))
	w := httptest.NewRecorder()
	page.ServeHTTP(w, httptest.NewRequest("GET", "https://example.com/", nil))
	for _, c := range w.Result().Cookies() {
		fmt.Println(c.Name, c.HttpOnly, c.Secure, time.Duration(c.MaxAge)*time.Second)
	}
	// Output: __Host-Http-sid true true 15m0s
}
