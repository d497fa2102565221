package httpcookie

import (
	"net/http"
	"testing"
	"time"
)

// TestDateMatchesTheStandardLibrary: for each day of some years, and at both ends.
func TestDateMatchesTheStandardLibrary(t *testing.T) {
	at := time.Date(1999, 12, 25, 0, 0, 0, 0, time.UTC)
	dates := []time.Time{time.Unix(0, 0).UTC(), time.Date(999, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}
	for range 3000 {
		dates = append(dates, at)
		at = at.Add(25*time.Hour + 7*time.Minute + 11*time.Second)
	}
	for _, date := range dates {
		if got, want := string(appendDate(nil, date)), date.Format(http.TimeFormat); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// BenchmarkDate compares appendDate with the general way of package time.
func BenchmarkDate(b *testing.B) {
	now := time.Now().UTC()
	out := make([]byte, 0, 64)
	b.Run("own", func(b *testing.B) {
		for b.Loop() {
			out = appendDate(out[:0], now)
		}
	})
	b.Run("time", func(b *testing.B) {
		for b.Loop() {
			out = now.AppendFormat(out[:0], http.TimeFormat)
		}
	})
}
