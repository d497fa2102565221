package session

import (
	"fmt"
	"iter"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/httpcache"
	"github.com/jamsession/jamsession/internal/httpcookie"
	"github.com/jamsession/jamsession/internal/setcookie"
)

// A cookieTransport has the key in a cookie.
type cookieTransport struct{ opts cookie.Options }

// Cookies returns the transport of a manager whose options have no other: the key is in a
// cookie. It is for transports that are made of others, such as one with a different
// cookie for each tenant. Options may be nil; the name of the zero value is "sessionid".
// The error names a field of the cookie.Options.
func Cookies(o *cookie.Options) (Transport, error) {
	if o == nil {
		o = &cookie.Options{}
	}
	if err := o.Check(); err != nil {
		return nil, fmt.Errorf("session: Cookies: %w", err)
	}
	return newCookieTransport(*o), nil
}

func newCookieTransport(o cookie.Options) *cookieTransport {
	return &cookieTransport{setcookie.WithDefaults(o, "sessionid")}
}

func (t *cookieTransport) Key(r *http.Request) (key string, sent bool) {
	return httpcookie.Lookup(r.Header, t.opts.Name)
}

func (t *cookieTransport) keys(r *http.Request) iter.Seq[string] {
	return httpcookie.FromLast(r.Header, t.opts.Name)
}

func (t *cookieTransport) Send(h http.Header, r *http.Request, key string, maxAge time.Duration) {
	c := setcookie.New(&t.opts, r, key)
	if maxAge != 0 {
		c.Last(maxAge, time.Now())
	}
	setcookie.Send(r.Context(), h, c, httpcache.NoStore)
}

func (t *cookieTransport) Remove(h http.Header, r *http.Request) {
	setcookie.Send(r.Context(), h, setcookie.Removal(&t.opts), httpcache.NoStore)
}

func (t *cookieTransport) Vary() []string { return []string{"Cookie"} }

func (t *cookieTransport) Ambient(*http.Request) bool { return true }

func (t *cookieTransport) cookie() cookie.Options { return t.opts }

// A severalKeys is a transport to which a request may carry several keys: a browser
// sends the cookies of one name for all domains and paths.
type severalKeys interface {
	// keys yields the one that Key returns, and then the others.
	keys(r *http.Request) iter.Seq[string]
}

// A cookieHolder is a transport that may use one cookie, which it knows.
type cookieHolder interface{ cookie() cookie.Options }
