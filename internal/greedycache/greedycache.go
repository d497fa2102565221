// Package greedycache tells tests which caches may keep a response: the
// greediest that RFC 9111 allows, and those that read proprietary headers, or
// misread Cache-Control.
package greedycache

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// MayStore reports whether there is a cache that may store a response with this
// header, whatever its status: a shared one, or one of a single browser.
func MayStore(shared bool, h http.Header) bool {
	if shared && (targetedAllows(h) || oldCacheAllows(h)) {
		return true
	}
	lines := values(h, "cache-control")
	if len(lines) == 0 {
		return true
	}
	// Some look at one line only, and some do not know quotes.
	for _, text := range append(slices.Clone(lines), strings.Join(lines, ",")) {
		if allows(shared, quotedElements(text)) || allows(shared, strings.Split(text, ",")) {
			return true
		}
	}
	return false
}

// allows is RFC 9111, section 3, for a cache that understands every status code
// and every extension.
func allows(shared bool, elements []string) bool {
	has := map[string]bool{}
	for _, element := range elements {
		element = strings.ToLower(strings.TrimSpace(element))
		has[element] = true
		name, _, _ := strings.Cut(element, "=")
		switch name {
		case "must-understand", "public", "s-maxage", "community", "r-maxage":
			has[name] = true
		}
	}
	forbidden := has["no-store"] && !has["must-understand"] || shared && has["private"]
	return !forbidden || has["public"] || shared && (has["s-maxage"] || has["community"] || has["r-maxage"])
}

// quotedElements splits at commas outside of quotes.
func quotedElements(text string) []string {
	var list []string
	var b strings.Builder
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\' && i+1 < len(text):
			i++
			b.WriteByte('_')
		case c == '"':
			quoted = !quoted
			b.WriteByte(c)
		case c == ',' && !quoted:
			list = append(list, b.String())
			b.Reset()
		default:
			b.WriteByte(c)
		}
	}
	return append(list, b.String())
}

// targetedAllows: a cache that obeys a header of its own obeys it alone (RFC
// 9213, 2.2).
func targetedAllows(h http.Header) bool {
	for name, lines := range h {
		switch name = strings.ToLower(name); {
		case strings.HasSuffix(name, "-cache-control"), name == "surrogate-control", name == "edge-control":
			for _, text := range lines {
				if text != "" && allows(true, quotedElements(text)) {
					return true
				}
			}
		case name == "x-accel-expires", name == "x-reverse-proxy-ttl":
			return !slices.Equal(lines, []string{"0"})
		case name == "cf-edge-cache", name == "x-cache-enabled":
			return strings.HasPrefix(lines[0], "cache") || strings.EqualFold(lines[0], "true")
		}
	}
	return false
}

// oldCacheAllows: one of HTTP/1.0 knows no Cache-Control.
func oldCacheAllows(h http.Header) bool {
	for _, text := range values(h, "expires") {
		if t, err := http.ParseTime(text); err == nil && t.After(time.Now()) {
			return true
		}
	}
	return false
}

func values(h http.Header, lower string) []string {
	var all []string
	for name, lines := range h {
		if strings.ToLower(name) == lower {
			all = append(all, lines...)
		}
	}
	return all
}
