package session_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// A slowStore answers a load when its context ends.
type slowStore struct{ session.Store }

func (slowStore) Load(ctx context.Context, _ string) (session.Record, error) {
	<-ctx.Done()
	return session.Record{}, fmt.Errorf("the store: %w", ctx.Err())
}

// TestVisitorWhoLeavesRaisesNoAlarm, and a store that does not answer does,
// also if the visitor leaves after its time.
func TestVisitorWhoLeavesRaisesNoAlarm(t *testing.T) {
	for name, c := range map[string]struct {
		leaves time.Duration
		alarm  bool
	}{
		"leaves":          {time.Second, false},
		"leaves too late": {6 * time.Second, true},
		"stays":           {time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log strings.Builder
				m := noerror.In(session.New(slowStore{memstore.New()}, &session.Options{Logger: textLogger(&log)}))
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				time.AfterFunc(c.leaves, leave)
				r := httptest.NewRequestWithContext(ctx, "GET", "/", nil)
				r.AddCookie(&http.Cookie{Name: "sessionid", Value: strings.Repeat("k", 32)})
				m.Handler(reading).ServeHTTP(httptest.NewRecorder(), r)
				if got := strings.Contains(log.String(), "level=ERROR"); got != c.alarm {
					t.Errorf("the log is %q, want an alarm: %v", log.String(), c.alarm)
				}
			})
		})
	}
}
