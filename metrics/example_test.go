package metrics_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/metrics"
	"github.com/jamsession/jamsession/session"
)

func Example() {
	m := metrics.New(nil)
	sessions, err := session.New(memstore.New(), &session.Options{Probe: m})
	if err != nil {
		panic(err)
	}
	if _, err := sessions.ByKey(context.Background(), strings.Repeat("x", 32)); err != nil {
		panic(err)
	}
	m.Event(context.Background(), auth.Event{Kind: auth.EventLoginFailed, Method: "password"})
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasSuffix(line, "} 1\n") && !strings.Contains(line, "_bucket") {
			fmt.Print(line)
		}
	}
	// Output:
	// jamsession_store_seconds_count{op="load"} 1
	// jamsession_sessions_total{event="missed"} 1
	// jamsession_logins_total{result="failed",method="password"} 1
	// jamsession_security_events_total{event="login_failed"} 1
}
