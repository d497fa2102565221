package session

import (
	"log/slog"
	"time"

	"github.com/jamsession/jamsession/internal/expiry"
	"github.com/jamsession/jamsession/internal/rawjson"
)

// createdItem is when the session began, in Unix seconds, for AbsoluteTimeout.
// Django has no such item.
const createdItem = "_session_created"

// A lifetime is what the items and the options together say about the end of
// a session that is saved now.
type lifetime struct {
	deadline time.Time // of the record
	browser  bool      // the cookie dies with the browser
}

func (m *Manager) lifetime(items *rawjson.Object, now time.Time) lifetime {
	l := lifetime{browser: m.opts.ExpireAtBrowserClose}
	if raw, ok := items.Get(expiry.Item); ok {
		switch own, kind := expiry.Parse(raw, now); kind {
		case expiry.Unreadable:
			m.opts.Logger.Warn("session: unreadable expiry; using the default",
				slog.String("item", expiry.Item))
		case expiry.Browser:
			l.browser = true
		case expiry.Own:
			l.deadline, l.browser = own, false
		}
	}
	if l.deadline.IsZero() {
		l.deadline = now.Add(m.cookieAge(items))
	}
	if o := m.opts.IdleTimeout; o > 0 {
		l.deadline = earlier(l.deadline, now.Add(o))
	}
	if o := m.opts.AbsoluteTimeout; o > 0 {
		l.deadline = earlier(l.deadline, created(items, now).Add(o))
	}
	return l
}

// cookieAge is how long a session without its own expiry lives.
func (m *Manager) cookieAge(items *rawjson.Object) time.Duration {
	if m.opts.CookieAgeFor == nil {
		return m.opts.CookieAge
	}
	if age := m.opts.CookieAgeFor(items.Texts()); age > 0 {
		return age
	}
	return m.opts.CookieAge
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

// browserMemory is how long browsers keep a cookie at most, whatever its lifetime
// (RFC 6265bis, 5.6.2).
const browserMemory = 400 * 24 * time.Hour

// refreshInterval is the least time between two saves, for a session that lives so long.
// A cookie is sent again long before browsers forget it.
func (m *Manager) refreshInterval(life time.Duration) time.Duration {
	return min(m.opts.RefreshInterval, life/10, browserMemory/10)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
