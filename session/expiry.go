package session

import (
	"bytes"
	"log/slog"
	"math"
	"strconv"
	"time"

	"github.com/jamsession/jamsession/internal/rawjson"
)

const (
	expiryItem  = "_session_expiry"  // Django's
	createdItem = "_session_created" // ours: Unix seconds, for AbsoluteTimeout

	// maxAge keeps the arithmetic and every store's calendar in range.
	maxAge = 100 * 365 * 24 * time.Hour
)

// SetExpiry makes the session live for d after each time it is saved, in place
// of CookieAge. It is kept in whole seconds; a part of a second counts as one.
// Zero is [Session.ExpireAtBrowserClose], as in Django, and a negative d has
// expired already. (Django: set_expiry with an int.)
func (s *Session) SetExpiry(d time.Duration) {
	seconds := d / time.Second
	switch rest := d % time.Second; {
	case rest > 0:
		seconds++
	case rest < 0:
		seconds-- // or a moment too late would be 0, which means no expiry at all
	}
	s.Set(expiryItem, int64(seconds))
}

// SetExpiryAt makes the session end at t, to the microsecond, however often it
// is saved. A t more than a hundred years away counts as that far away.
// (Django: set_expiry with a datetime, or with a timedelta if t is
// time.Now().Add of it. Django 3.2 cannot read it: in a session shared with
// 3.2 use SetExpiry.)
func (s *Session) SetExpiryAt(t time.Time) {
	s.Set(expiryItem, isoformat(clampTime(t, time.Now())))
}

// ExpireAtBrowserClose sends the cookie without a lifetime, so that the
// browser forgets it when it closes. The record lives for CookieAge after
// each save. (Django: set_expiry(0).)
func (s *Session) ExpireAtBrowserClose() { s.Set(expiryItem, 0) }

// ResetExpiry returns the session to the lifetime that the options give all
// sessions. (Django: set_expiry(None).)
func (s *Session) ResetExpiry() { s.Delete(expiryItem) }

// ExpiryAge returns how long the session would live if it were saved now; it
// is negative if it would have expired. (Django: get_expiry_age.)
func (s *Session) ExpiryAge() time.Duration {
	now := time.Now()
	return s.lifetime(now).deadline.Sub(now)
}

// ExpiryDate returns when the session would end if it were saved now.
// (Django: get_expiry_date.)
func (s *Session) ExpiryDate() time.Time {
	return s.lifetime(time.Now()).deadline
}

// ExpiresAtBrowserClose reports whether the cookie carries no lifetime.
// (Django: get_expire_at_browser_close.)
func (s *Session) ExpiresAtBrowserClose() bool {
	return s.lifetime(time.Now()).browser
}

func (s *Session) lifetime(now time.Time) lifetime {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sees(lookItems)
	return s.m.lifetime(&s.items, now)
}

// A lifetime is what the items and the options together say about the end of
// a session that is saved now.
type lifetime struct {
	deadline time.Time // of the record
	browser  bool      // the cookie dies with the browser
}

func (m *Manager) lifetime(items *rawjson.Object, now time.Time) lifetime {
	l := lifetime{now.Add(m.opts.CookieAge), m.opts.ExpireAtBrowserClose}
	if raw, ok := items.Get(expiryItem); ok {
		switch own, kind := parseExpiry(raw, now); kind {
		case expiryUnreadable:
			m.opts.Logger.Warn("session: unreadable expiry; using the default",
				slog.String("item", expiryItem))
		case expiryBrowser:
			l.browser = true
		case expiryOwn:
			l.deadline, l.browser = own, false
		}
	}
	if o := m.opts.IdleTimeout; o > 0 {
		l.deadline = earlier(l.deadline, now.Add(o))
	}
	if o := m.opts.AbsoluteTimeout; o > 0 {
		l.deadline = earlier(l.deadline, created(items, now).Add(o))
	}
	return l
}

// outlived reports whether the absolute limit has passed. Stores enforce the
// deadline, too; this also counts when the limit was lowered after a save.
func (m *Manager) outlived(items *rawjson.Object) bool {
	o := m.opts.AbsoluteTimeout
	if o == 0 {
		return false
	}
	now := time.Now()
	return !now.Before(created(items, now).Add(o))
}

// created returns when the session began; now, if it does not say.
func created(items *rawjson.Object, now time.Time) time.Time {
	var unix int64
	if raw, ok := items.Get(createdItem); !ok || rawjson.DecodeValue(raw, &unix) != nil {
		return now
	}
	return time.Unix(unix, 0)
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
	if raw, ok := object.Get(expiryItem); ok {
		if own, kind := parseExpiry(raw, saved); kind == expiryOwn {
			return own
		}
	}
	return saved.Add(age)
}

// mayHoldExpiry finds out without parsing that there is no such item, as in most
// sessions. A name can be written with escapes.
func mayHoldExpiry(items []byte) bool {
	return bytes.Contains(items, []byte(expiryItem)) || bytes.Contains(items, []byte(`\u`))
}

// An expiryKind is what the item _session_expiry says.
type expiryKind int

const (
	expiryUnreadable expiryKind = iota // Django cannot read it either
	expiryNone                         // null: as the options say
	expiryBrowser                      // 0: until the browser closes
	expiryOwn                          // a deadline
)

func parseExpiry(raw []byte, now time.Time) (deadline time.Time, kind expiryKind) {
	if len(raw) > 0 && raw[0] == '"' {
		return parseISO(raw, now)
	}
	switch string(raw) {
	case "null":
		return time.Time{}, expiryNone
	case "false":
		return time.Time{}, expiryBrowser
	case "true":
		return now.Add(time.Second), expiryOwn
	}
	seconds, err := strconv.ParseFloat(string(raw), 64)
	switch {
	case (err != nil && !math.IsInf(seconds, 0)) || math.IsNaN(seconds):
		return time.Time{}, expiryUnreadable
	case seconds == 0:
		return time.Time{}, expiryBrowser
	default:
		return now.Add(clampSeconds(seconds)), expiryOwn
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
	return earlier(t, now.Add(maxAge))
}

// isoformat writes an instant as Python's datetime.isoformat does.
func isoformat(t time.Time) string {
	t = t.UTC().Truncate(time.Microsecond)
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05+00:00")
	}
	return t.Format("2006-01-02T15:04:05.000000+00:00")
}

// parseISO reads an instant with an offset. A text without one is refused:
// Django with USE_TZ cannot compute with it either.
func parseISO(raw []byte, now time.Time) (time.Time, expiryKind) {
	var text string
	if rawjson.DecodeValue(raw, &text) != nil {
		return time.Time{}, expiryUnreadable
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil {
			return clampTime(t, now), expiryOwn
		}
	}
	return time.Time{}, expiryUnreadable
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
