// Package matrix measures, inside one process, what a request costs with
// jamsession, with other session libraries, and at the bare store.
package matrix

import (
	"net/http"
	"strings"
)

// A Page is what a request does with its session. Each library has its own
// handler for each page, and all do the same.
type Page string

// The pages.
const (
	Untouched Page = "untouched"   // does not look at the session
	Read      Page = "read"        // reads one item, a text
	ReadWrite Page = "read+write"  // counts one item up
	Create    Page = "create"      // a new session with the items of a login
	Fill      Page = "fill"        // Create, and an item to count; to prepare
	FillLarge Page = "fill 64 KiB" // Fill, and an item of 64 KiB; to prepare
	Rotate    Page = "rotate"      // a new key for the session, as at a login
	Logout    Page = "logout"      // ends the session, without a look at it
	Show      Page = "show"        // writes the counted item, for tests
)

// What Django's login leaves in a session, and an item that is counted.
const (
	userItem    = "_auth_user_id"
	backendItem = "_auth_user_backend"
	hashItem    = "_auth_user_hash"
	countItem   = "n"
	largeItem   = "pad"

	user    = "1"
	backend = "django.contrib.auth.backends.ModelBackend"
)

var (
	hash  = strings.Repeat("0123456789abcdef", 4)
	large = strings.Repeat("x", 64<<10)
	body  = []byte("page")
)

// must panics: a contender that does something else is not measured.
func must(ok bool, what string) {
	if !ok {
		panic("bench: " + what)
	}
}

func mustNot(err error) {
	if err != nil {
		panic(err)
	}
}

// A visitor makes one request after another to one page, with this cookie,
// and returns the cookie that the answer sets, or "".
type visitor func(cookie string) (set string)

// A Site is one library with one store.
type Site interface {
	// visit returns a visitor of a page; each goroutine has its own. It
	// returns nil if the library has no such thing.
	visit(p Page) visitor
}

// A netSite is a Site made of net/http handlers.
type netSite map[Page]http.Handler

func (s netSite) visit(p Page) visitor {
	h := s[p]
	if h == nil {
		return nil
	}
	r, err := http.NewRequestWithContext(context(), http.MethodGet, "http://example.com/", nil)
	mustNot(err)
	w := &lightWriter{header: make(http.Header)}
	var sent string
	return func(cookie string) string {
		clear(w.header)
		w.status, w.n = http.StatusOK, 0
		if cookie != sent {
			r.Header.Set("Cookie", cookie)
			sent = cookie
		}
		h.ServeHTTP(w, r)
		must(w.status == http.StatusOK && w.n > 0, "the page failed")
		return setCookie(w.header)
	}
}

// A lightWriter is a ResponseWriter that costs nothing.
type lightWriter struct {
	header http.Header
	status int
	n      int
}

func (w *lightWriter) Header() http.Header { return w.header }

func (w *lightWriter) WriteHeader(status int) { w.status = status }

func (w *lightWriter) Write(p []byte) (int, error) {
	w.n += len(p)
	return len(p), nil
}

// setCookie returns name and value of the cookie that is set, or "".
func setCookie(h http.Header) string {
	lines := h["Set-Cookie"]
	if len(lines) == 0 {
		return ""
	}
	cookie, _, _ := strings.Cut(lines[len(lines)-1], ";")
	return cookie
}
