package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/jamsession/jamsession/examples/routers/sitetest"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// answerErrors has errors answered where it stands, and not around all middleware.
func answerErrors(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c *echo.Context) error {
		err := next(c)
		if err != nil {
			c.Echo().HTTPErrorHandler(c, err)
		}
		return err
	}
}

// TestGroupWithSessions: what a page has set that returns an error is not saved if errors
// are answered inside; without that it is saved, and the log says so.
func TestGroupWithSessions(t *testing.T) {
	for _, inside := range []bool{false, true} {
		var log bytes.Buffer
		sessions, err := session.New(memstore.New(), &session.Options{
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		router := echo.New()
		group := router.Group("/shop", echo.WrapMiddleware(sessions.Handler))
		if inside {
			group = router.Group("/shop", echo.WrapMiddleware(sessions.Handler), answerErrors)
		}
		group.GET("/fail", func(c *echo.Context) error {
			sitetest.SetNote(c.Request())
			return sitetest.ErrBoom
		})
		w := httptest.NewRecorder()
		router.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/shop/fail", nil))
		if w.Code != http.StatusInternalServerError {
			t.Errorf("errors inside %t: status %d", inside, w.Code)
		}
		saved, told := w.Header().Get("Set-Cookie") != "", strings.Contains(log.String(), "docs/routers.md")
		if saved == inside || told == inside {
			t.Errorf("errors inside %t: saved %t, log %q", inside, saved, &log)
		}
	}
}
