package session

import (
	"math"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/internal/httpcache"
	"github.com/jamsession/jamsession/internal/setcookie"
)

// setCookie sends the session's key to the browser. The lifetime in it is
// for show: the record carries the one that counts.
func (m *Manager) setCookie(h http.Header, r *http.Request, s *Session, now time.Time) {
	c := setcookie.New(&m.opts.Cookie, r, s.key)
	if l := m.lifetime(&s.items, now); !l.browser {
		c.Persistent = true
		c.MaxAge = int(math.Floor(l.deadline.Sub(now).Seconds()))
		c.Expires = now.Add(time.Duration(c.MaxAge) * time.Second)
	}
	setcookie.Send(r.Context(), h, c, httpcache.NoStore)
}

func (m *Manager) removeCookie(h http.Header, r *http.Request) {
	setcookie.Send(r.Context(), h, setcookie.Removal(&m.opts.Cookie), httpcache.NoStore)
}
