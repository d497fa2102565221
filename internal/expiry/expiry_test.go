package expiry_test

import (
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/expiry"
)

func TestDeadline(t *testing.T) {
	saved := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for items, want := range map[string]time.Time{
		`{}`:                          saved.Add(time.Hour),
		`{"_session_expiry":60}`:      saved.Add(time.Minute),
		`{"_session_expiry":0}`:       saved.Add(time.Hour),
		`{"\u005fsession_expiry":60}`: saved.Add(time.Minute),
		`{"_session_expiry":null}`:    saved.Add(time.Hour),
		`{"_session_expiry":"2026-12-01T00:00:00+00:00"}`: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
		`no JSON`: saved.Add(time.Hour),
	} {
		if got := expiry.Deadline([]byte(items), saved, time.Hour); !got.Equal(want) {
			t.Errorf("Deadline of %s: %v, want %v", items, got, want)
		}
	}
}
