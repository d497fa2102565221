package setcookie

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/internal/httpcache"
	"github.com/jamsession/jamsession/internal/httpcookie"
)

// Send adds a cookie to a response, in place of the same one that was added
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

// An Own is the line by which a response sets a cookie, for a package that may send it
// more than once. The zero value is that of none.
type Own string

// Send is the function Send, unless somebody else has set the same cookie: a handler, or a
// server behind it, has its own opinion of the cookie, which counts. It reports whether
// the cookie was added. The path is that of the request.
func (own *Own) Send(
	ctx context.Context, h http.Header, c httpcookie.Cookie, want httpcache.Want, requestPath string,
) bool {
	if Others(h, c.Name, c.Domain, c.Path, *own, requestPath) {
		return false
	}
	Send(ctx, h, c, want)
	own.Note(h)
	return true
}

// Note is for a cookie that was sent in another way: its line is the last, if there is
// any.
func (own *Own) Note(h http.Header) {
	if lines := h["Set-Cookie"]; len(lines) > 0 {
		*own = Own(lines[len(lines)-1])
	}
}

// Replace adds the cookie to the response, in place of one of the same name, domain and
// path.
func Replace(h http.Header, c httpcookie.Cookie) {
	h["Set-Cookie"] = append(slices.DeleteFunc(h["Set-Cookie"], func(line string) bool {
		return isSame(line, c.Name, c.Domain, c.Path, "")
	}), c.String())
}

// Others reports whether a response sets the cookie of this name, domain and path by a
// line other than own. The path is that of the request.
func Others(h http.Header, name, domain, path string, own Own, requestPath string) bool {
	return slices.ContainsFunc(h["Set-Cookie"], func(line string) bool {
		return line != string(own) && isSame(line, name, domain, path, requestPath)
	})
}

// isSame reports whether a browser takes the cookie of a Set-Cookie line for the
// one of this name, domain and path (RFC 6265, 5.3). The path of the request may be
// unknown.
func isSame(line, name, domain, path, requestPath string) bool {
	pair, attributes, _ := strings.Cut(line, ";")
	lineName, _, _ := strings.Cut(pair, "=")
	if strings.Trim(lineName, " \t") != name {
		return false
	}
	lineDomain, linePath := scope(attributes)
	byDefault := ""
	if requestPath != "" || path == "" {
		byDefault = defaultPath(requestPath)
	}
	return cmp.Or(linePath, byDefault) == cmp.Or(path, byDefault) &&
		strings.EqualFold(lineDomain, strings.TrimPrefix(domain, "."))
}

// scope returns the domain and the path that attributes name. Of several the
// last counts.
func scope(attributes string) (domain, path string) {
	for more := attributes != ""; more; {
		var attribute string
		attribute, attributes, more = strings.Cut(attributes, ";")
		name, value, _ := strings.Cut(attribute, "=")
		name, value = strings.Trim(name, " \t"), strings.Trim(value, " \t")
		switch {
		case strings.EqualFold(name, "Domain"):
			domain = strings.TrimPrefix(value, ".")
		case !strings.EqualFold(name, "Path"):
		case strings.HasPrefix(value, "/"):
			path = value
		default:
			path = ""
		}
	}
	return domain, path
}

// defaultPath is the path of a cookie that names none (RFC 6265, 5.1.4).
func defaultPath(requestPath string) string {
	if i := strings.LastIndexByte(requestPath, '/'); i > 0 && requestPath[0] == '/' {
		return requestPath[:i]
	}
	return "/"
}
