package session_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// TestLateStatusIsToldTheLog: a router that answers the errors of its handlers around the
// manager has changes saved of a page that failed.
func TestLateStatusIsToldTheLog(t *testing.T) {
	n := session.Item[int]("n")
	for _, c := range []struct {
		name             string
		changes, answers bool
		status           int
		warns            bool
	}{
		{name: "failed late", changes: true, status: 500, warns: true},
		{name: "not found late", changes: true, status: 404},
		{name: "nothing was saved", status: 500},
		{name: "answered before", changes: true, answers: true, status: 500},
	} {
		var log bytes.Buffer
		m := noerror.In(session.New(memstore.New(), &session.Options{
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
		}))
		var writer http.ResponseWriter // as echo.WrapMiddleware keeps it
		w := httptest.NewRecorder()
		m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			writer = w
			if c.changes {
				n.Set(session.From(r), 1)
			}
			if c.answers {
				w.WriteHeader(http.StatusBadGateway)
			}
		})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		writer.WriteHeader(c.status)
		if got := strings.Count(log.String(), "docs/routers.md") == 1; got != c.warns {
			t.Errorf("%s: the log has %q", c.name, &log)
		}
		if !c.answers && w.Code != c.status {
			t.Errorf("%s: status %d", c.name, w.Code)
		}
	}
}
