package integration

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/session"
)

// TestVisitorWhoLeavesRaisesNoAlarm while a server holds what it was asked, on
// each engine that has one, and in each part of a site.
func TestVisitorWhoLeavesRaisesNoAlarm(t *testing.T) {
	for name, start := range silentStores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			g := newGate(t, p.addr)
			pages := newSite(p.open(t, g.addr()), session.Options{})
			key := pages.get(t.Context(), "/login/7", "").key
			g.set(true)
			for range 3 {
				ctx, leave := leaving(t)
				pages.get(ctx, "/read", key)
				leave()
			}
			if text := pages.log.String(); strings.Contains(text, "level=ERROR") {
				t.Error(text)
			}
			g.set(false)
		})
	}
	for name, start := range silentDatabases {
		t.Run("site on "+name, func(t *testing.T) {
			t.Parallel()
			server, url := start(t)
			g := newGate(t, server)
			log := new(logBuffer)
			site := openWholeSite(t, url(g.addr()), "db", 5*time.Second, log)
			user, key := populate(t, site, "db")
			handler := site.Handler(silentPages(site, user))
			g.set(true)
			for _, path := range []string{"/user", "/permission", "/limit", "/login", "/group"} {
				ctx, leave := leaving(t)
				r := httptest.NewRequestWithContext(ctx, "GET", path, nil)
				r.AddCookie(&http.Cookie{Name: "sessionid", Value: key})
				handler.ServeHTTP(httptest.NewRecorder(), r)
				leave()
			}
			if text := log.String(); strings.Contains(text, "level=ERROR") {
				t.Error(text)
			}
			g.set(false)
			if err := site.Close(); err != nil {
				t.Error(fmt.Errorf("close: %w", err))
			}
		})
	}
}

// leaving is a visitor who leaves while the server is asked.
func leaving(t *testing.T) (context.Context, context.CancelFunc) {
	ctx, leave := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, leave)
	return ctx, leave
}
