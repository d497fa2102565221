package httpcache

import (
	"net/http"
	"strings"
)

// restrictOther removes a header by which a response asks a cache to keep it,
// unless it says the contrary. Names may be in any case: a handler can write
// into the map, past the methods of http.Header.
func restrictOther(h http.Header, name string, lines []string) {
	switch {
	case strings.EqualFold(name, "Cache-Control"):
		if name != "Cache-Control" {
			delete(h, name)
			h["Cache-Control"] = append(h["Cache-Control"], lines...)
		}
	case strings.EqualFold(name, "Expires"): // for caches that know no Cache-Control
		h[name] = []string{"0"}
	case hasDirectives(name):
		if _, changed := restrict(strings.Join(lines, ", "), NoStore); changed {
			delete(h, name)
		}
	default:
		strict, ok := strictValue(name)
		if ok && !(len(lines) == 1 && strings.EqualFold(trim(lines[0]), strict)) {
			delete(h, name)
		}
	}
}

// hasDirectives reports whether this is a header by which a site speaks to its
// own caches alone, which obey it before Cache-Control, in the directives of
// that. RFC 9213 has CDN-Cache-Control, and leaves it to others to put their
// name before "-Cache-Control", as Cloudflare, Vercel, Netlify, Akamai and
// LiteSpeed do. Surrogate-Control is older: of Fastly, Varnish and Squid.
func hasDirectives(name string) bool {
	const suffix = "-Cache-Control"
	cut := len(name) - len(suffix)
	return cut > 0 && strings.EqualFold(name[cut:], suffix) ||
		strings.EqualFold(name, "Surrogate-Control") || strings.EqualFold(name, "Edge-Control") // Akamai
}

// strictValue returns the value with which a header of one kind of cache keeps
// the response out of it. With others it can keep it there, whatever
// Cache-Control says.
func strictValue(name string) (value string, ok bool) {
	for _, t := range [...]struct{ name, value string }{
		{"X-Accel-Expires", "0"},      // nginx
		{"X-Reverse-Proxy-TTL", "0"},  // Symfony's FOSHttpCache
		{"CF-Edge-Cache", "no-cache"}, // Cloudflare, before WordPress
		{"X-Cache-Enabled", "False"},  // SiteGround
		{"Pragma", "no-cache"},        // HTTP/1.0
	} {
		if strings.EqualFold(name, t.name) {
			return t.value, true
		}
	}
	return "", false
}
