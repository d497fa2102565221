// Package expiry reads and writes the item that contains a session's own expiry.
package expiry

import (
	"bytes"
	"math"
	"strconv"
	"time"

	"github.com/jamsession/jamsession/internal/rawjson"
)

// Item is the name of the item, as in Django.
const Item = "_session_expiry"

// maxAge keeps the arithmetic and every store's calendar in range.
const maxAge = 100 * 365 * 24 * time.Hour

// A Kind is what the item says.
type Kind int

// The kinds.
const (
	Unreadable Kind = iota // Django cannot read it either
	None                   // null: as the options say
	Browser                // 0: until the browser closes
	Own                    // a deadline
)

// Parse reads the item. The deadline counts from now, and is set if the kind is Own.
func Parse(raw []byte, now time.Time) (deadline time.Time, kind Kind) {
	if len(raw) > 0 && raw[0] == '"' {
		return parseISO(raw, now)
	}
	switch string(raw) {
	case "null":
		return time.Time{}, None
	case "false":
		return time.Time{}, Browser
	case "true":
		return now.Add(time.Second), Own
	}
	seconds, err := strconv.ParseFloat(string(raw), 64)
	switch {
	case (err != nil && !math.IsInf(seconds, 0)) || math.IsNaN(seconds):
		return time.Time{}, Unreadable
	case seconds == 0:
		return time.Time{}, Browser
	default:
		return now.Add(clampSeconds(seconds)), Own
	}
}

func clampSeconds(seconds float64) time.Duration {
	limit := maxAge.Seconds()
	return time.Duration(max(-limit, min(limit, seconds)) * float64(time.Second))
}

func clampTime(t, now time.Time) time.Time {
	if oldest := now.Add(-maxAge); t.Before(oldest) {
		return oldest
	}
	if latest := now.Add(maxAge); t.After(latest) {
		return latest
	}
	return t
}

// Format writes the item that ends a session at t, as Python's
// datetime.isoformat does. A t more than a hundred years from now counts as that
// far away.
func Format(t, now time.Time) string {
	t = clampTime(t, now).UTC().Truncate(time.Microsecond)
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05+00:00")
	}
	return t.Format("2006-01-02T15:04:05.000000+00:00")
}

// parseISO reads an instant with an offset. A text without one is refused:
// Django with USE_TZ cannot compute with it either.
func parseISO(raw []byte, now time.Time) (time.Time, Kind) {
	var text string
	if rawjson.DecodeValue(raw, &text) != nil {
		return time.Time{}, Unreadable
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil {
			return clampTime(t, now), Own
		}
	}
	return time.Time{}, Unreadable
}

// Deadline returns when a session with these items, the text of a JSON
// object, ends if it was saved at an instant: after age, unless the items say
// otherwise. It is for stores that keep no expiry beside the data, as Django's
// files and signed cookies keep none. Items that are not a JSON object count
// as none. (Django: get_expiry_date with modification.)
func Deadline(items []byte, saved time.Time, age time.Duration) time.Time {
	if !mayHoldExpiry(items) {
		return saved.Add(age)
	}
	object, err := rawjson.Parse(items)
	if err != nil {
		return saved.Add(age)
	}
	if raw, ok := object.Get(Item); ok {
		if own, kind := Parse(raw, saved); kind == Own {
			return own
		}
	}
	return saved.Add(age)
}

// mayHoldExpiry finds out without parsing that there is no such item, as in most
// sessions. A name can be written with escapes.
func mayHoldExpiry(items []byte) bool {
	return bytes.Contains(items, []byte(Item)) || bytes.Contains(items, []byte(`\u`))
}
