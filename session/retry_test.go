package session_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/session"
)

var errCrowd = errors.New("SENTINEL")

// TestRetryErrorServesItself: the response has its status and Retry-After, and is not cacheable.
func TestRetryErrorServesItself(t *testing.T) {
	for _, c := range []struct {
		err    session.RetryError
		status int
		after  string
		body   string
	}{
		{session.RetryError{}, 429, "1", "in 1 second."},
		{session.RetryError{RetryAfter: time.Microsecond}, 429, "1", "in 1 second."},
		{session.RetryError{Status: 429, RetryAfter: 2 * time.Second}, 429, "2", "in 2 seconds."},
		{session.RetryError{RetryAfter: 2*time.Second + 1, Text: "No."}, 429, "3", "No. Please try again in 3 seconds."},
		{session.RetryError{RetryAfter: 120 * time.Second, Err: errCrowd}, 429, "120", "in 120 seconds."},
		{session.RetryError{RetryAfter: 121 * time.Second}, 429, "121", "in 3 minutes."},
		{session.RetryError{Status: 503, RetryAfter: 5 * time.Minute}, 503, "300", "in 5 minutes."},
	} {
		w := httptest.NewRecorder()
		w.Header().Set("CDN-Cache-Control", "max-age=60")
		var answer http.Handler = &c.err
		answer.ServeHTTP(w, nil)
		body, h := w.Body.String(), w.Header()
		if w.Code != c.status || h.Get("Retry-After") != c.after || !strings.Contains(body, c.body) {
			t.Errorf("%+v: %d, Retry-After %q, %s", c.err, w.Code, h.Get("Retry-After"), body)
		}
		if h.Get("Cache-Control") != "no-store" || strings.Contains(h.Get("CDN-Cache-Control"), "max-age=60") ||
			!strings.HasPrefix(h.Get("Content-Type"), "text/plain") || strings.Contains(body, "SENTINEL") {
			t.Errorf("%+v: %v\n%s", c.err, h, body)
		}
	}
}

// TestRetryErrorWrapsItsCause: it is ErrUnavailable as well if the status is 503.
func TestRetryErrorWrapsItsCause(t *testing.T) {
	for _, status := range []int{0, 429, 503} {
		err := fmt.Errorf("x: %w", &session.RetryError{Status: status, RetryAfter: time.Minute, Err: errCrowd})
		if !errors.Is(err, errCrowd) || errors.Is(err, session.ErrUnavailable) != (status == 503) {
			t.Errorf("%d: %v", status, err)
		}
		if want := "x: SENTINEL; try again in 1m0s"; err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
}
