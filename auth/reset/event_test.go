package reset_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/internal/noerror"
)

// TestLimitsAreReported: those of requests, and those of mails, which are sent when the request is over.
func TestLimitsAreReported(t *testing.T) {
	var mu sync.Mutex
	var events []auth.Event
	s := newSite(t)
	s.logins = noerror.In(auth.New(s.users, keys, &auth.Options{
		OnEvent: func(_ context.Context, e auth.Event) {
			mu.Lock()
			defer mu.Unlock()
			if e.Wait <= 0 || e.Wait > time.Hour {
				t.Errorf("the next attempt passes after %v", e.Wait)
			}
			e.Wait = 0
			events = append(events, e)
		},
	}))
	x, _ := s.limited(t, throttle.Limit{Burst: 1, Every: time.Hour})
	request(t, x, "alice@example.com")
	err := x.Request(httptest.NewRequest(http.MethodPost, "/reset", nil), "alice@example.com")
	if !errors.Is(err, throttle.ErrLimited) {
		t.Errorf("the second request: %v", err)
	}
	request(t, x, "alice") // another name of the same mailbox
	if err := x.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	limited := auth.Event{
		Kind: auth.EventLimited, Purpose: "password reset", Bucket: "account", Source: "192.0.2.1/32",
	}
	ofMail := limited
	ofMail.Bucket = "mailbox"
	if !slices.Equal(events, []auth.Event{limited, ofMail}) {
		t.Errorf("events %+v", events)
	}
}
