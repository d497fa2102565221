package setcookie

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/internal/httpcache"
	"github.com/jamsession/jamsession/internal/httpcookie"
)

// Send adds a cookie to a response, in place of one of its name that was added
// before, and keeps the caches from giving it to somebody else: the response is
// httpcache.Private, or httpcache.NoStore if the browser's own cache must not
// have the page either. The context is the request's.
func Send(ctx context.Context, h http.Header, c httpcookie.Cookie, want httpcache.Want) {
	if h["Set-Cookie"] == nil && h["Vary"] == nil && h["Cache-Control"] == nil {
		lines := [...]string{c.String(), "Cookie", httpcache.Control(want)} // one allocation for three
		h["Set-Cookie"], h["Vary"], h["Cache-Control"] = lines[0:1:1], lines[1:2:2], lines[2:3:3]
	} else {
		Replace(h, c)
	}
	httpcache.Require(ctx, h, want)
}

// Replace adds the cookie to the response, in place of one of the same name.
func Replace(h http.Header, c httpcookie.Cookie) {
	h["Set-Cookie"] = append(slices.DeleteFunc(h["Set-Cookie"], func(line string) bool {
		return strings.HasPrefix(line, c.Name+"=")
	}), c.String())
}
