package session

import (
	"time"

	"github.com/jamsession/jamsession/internal/expiry"
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
	s.Set(expiry.Item, int64(seconds))
}

// SetExpiryAt makes the session end at t, to the microsecond, however often it
// is saved. A t more than a hundred years away counts as that far away.
// (Django: set_expiry with a datetime, or with a timedelta if t is
// time.Now().Add of it. Django 3.2 cannot read it: in a session shared with
// 3.2 use SetExpiry.)
func (s *Session) SetExpiryAt(t time.Time) {
	s.Set(expiry.Item, expiry.Format(t, time.Now()))
}

// ExpireAtBrowserClose sends the cookie without a lifetime, so that the
// browser forgets it when it closes. The record lives for CookieAge after
// each save. (Django: set_expiry(0).)
func (s *Session) ExpireAtBrowserClose() { s.Set(expiry.Item, 0) }

// ResetExpiry returns the session to the lifetime that the options give all
// sessions. (Django: set_expiry(None).)
func (s *Session) ResetExpiry() { s.Delete(expiry.Item) }

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
