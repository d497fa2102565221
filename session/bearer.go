package session

import (
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jamsession/jamsession/cookie"
)

// KeyHeader is the response header in which [Bearer] sends a key. An empty
// value tells the client to forget the key that it sent.
const KeyHeader = "Session-Key"

// A bearer has the key in the header Authorization, and leaves requests
// without that header to another transport.
type bearer struct{ others Transport }

// Bearer returns a transport for mobile apps and APIs. A request that has the header
// "Authorization: Bearer" uses the session whose key follows, and no other: its cookies
// are ignored, and the response sets none. The response header [KeyHeader] has a new key.
// A client that has no key yet, such as one that logs in, sends the header with nothing
// after "Bearer".
//
// No browser adds that header by itself, and a page of another site can do so
// only if this site allows it by CORS. So package csrf does not check a request
// that has it.
//
// All other requests use the transport others, such as the one that [Cookies] returns;
// csrf checks them as usual. If others is nil, their session is new, and its key is sent
// in [KeyHeader], too. Other schemes of the header Authorization, which browsers do add,
// are ignored.
func Bearer(others Transport) Transport { return bearer{others} }

// token returns what the client sent as its key, and whether it has the
// header. A client that sends two has none.
func (t bearer) token(r *http.Request) (token string, ok bool) {
	lines := r.Header["Authorization"]
	for _, line := range lines {
		scheme, rest, _ := strings.Cut(strings.Trim(line, " \t"), " ")
		if strings.EqualFold(scheme, "Bearer") {
			token, ok = strings.Trim(rest, " \t"), true
		}
	}
	if len(lines) > 1 {
		token = ""
	}
	return token, ok
}

// bears reports whether the request travels by the header.
func (t bearer) bears(r *http.Request) bool {
	_, ok := t.token(r)
	return ok || t.others == nil
}

func (t bearer) Key(r *http.Request) (key string, sent bool) {
	if !t.bears(r) {
		return t.others.Key(r)
	}
	key, _ = t.token(r)
	return key, key != ""
}

func (t bearer) Send(h http.Header, r *http.Request, key string, maxAge time.Duration) {
	if !t.bears(r) {
		t.others.Send(h, r, key, maxAge)
		return
	}
	h.Set(KeyHeader, key)
}

func (t bearer) Remove(h http.Header, r *http.Request) {
	if !t.bears(r) {
		t.others.Remove(h, r)
		return
	}
	h.Set(KeyHeader, "")
}

func (t bearer) Vary() []string {
	if t.others == nil {
		return []string{"Authorization"}
	}
	return append(slices.Clone(t.others.Vary()), "Authorization")
}

func (t bearer) Ambient(r *http.Request) bool {
	_, ok := t.token(r)
	return !ok && (t.others == nil || t.others.Ambient(r))
}

func (t bearer) keys(r *http.Request) iter.Seq[string] {
	several, ok := t.others.(severalKeys)
	if t.bears(r) || !ok {
		return func(yield func(string) bool) {
			if key, sent := t.Key(r); sent {
				yield(key)
			}
		}
	}
	return several.keys(r)
}

func (t bearer) cookie() cookie.Options {
	if c, ok := t.others.(cookieHolder); ok {
		return c.cookie()
	}
	return cookie.Options{}
}
