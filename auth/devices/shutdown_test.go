package devices_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

// TestShutdownEndsWatches of the server that shuts down, which waits for them; others go on.
func TestShutdownEndsWatches(t *testing.T) {
	s := newSite(t, inMemory, devices.Options{})
	b, _ := s.login(t, "alice")
	open := make(chan context.Context, 1)
	page := s.sessions.Handler(s.auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		login, stop, err := s.devices.Watch(r)
		if err != nil {
			session.Abort(r, err)
		}
		defer stop()
		open <- login
		<-login.Done()
	})))
	serve := func() (*http.Server, context.Context) {
		server := httptest.NewServer(page)
		t.Cleanup(server.Close)
		r := noerror.In(http.NewRequest(http.MethodGet, server.URL, nil))
		for name, value := range b.jar {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		go func() {
			if resp, err := http.DefaultTransport.RoundTrip(r); err == nil {
				_ = resp.Body.Close()
			}
		}()
		return server.Config, <-open
	}
	leaves, ended := serve()
	stays, goingOn := serve()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := leaves.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if err := context.Cause(ended); !errors.Is(err, session.ErrUnavailable) || errors.Is(err, devices.ErrEnded) {
		t.Errorf("the cause is %v", err)
	}
	if goingOn.Err() != nil {
		t.Errorf("the watch at another server has ended: %v", context.Cause(goingOn))
	}
	late := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for name, value := range b.jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	page.ServeHTTP(late, r.WithContext(context.WithValue(r.Context(), http.ServerContextKey, leaves)))
	if late.Code != http.StatusServiceUnavailable {
		t.Errorf("a watch at a server that shuts down: %d", late.Code)
	}
	if err := stays.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}
