// Package wants finds out what the sender of a request can do with an answer: show a
// page to a person, or read JSON or text.
package wants

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// Page reports whether a browser shows the answer to a person as a page, so that it may
// be a redirect to another one. Of these rules the first that applies decides:
//
//  1. A handshake for a WebSocket, the header HX-Request: true (htmx) or X-Requested-With:
//     XMLHttpRequest, and any method but GET, HEAD and POST: no.
//  2. The header Sec-Fetch-Mode, which browsers since 2023 send: only if it is "navigate".
//  3. A body that no form sends, such as JSON: no.
//  4. The header Accept: if it names HTML or everything, or is missing.
func Page(r *http.Request) bool {
	script := WebSocket(r) || HTMX(r) || r.Header.Get("X-Requested-With") == "XMLHttpRequest"
	if script || !navigates(r.Method) {
		return false
	}
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	body := BodyOf(r)
	return mayBeForm(r) && (body == HTML || body == Anything)
}

// navigates reports whether a browser goes to a page by a method.
func navigates(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodPost
}

// mayBeForm reports whether the request has no body, or one that forms send.
func mayBeForm(r *http.Request) bool {
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch mediaType {
	case "", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain":
		return true
	}
	return false
}

// HTMX reports whether htmx sent the request: it follows the header HX-Redirect of an
// answer with any status.
func HTMX(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// WebSocket reports whether the request is the handshake of a WebSocket (RFC 6455, 4.1),
// also over HTTP/2 (RFC 8441). Pages of other sites can send one, with cookies, whatever
// CORS says.
func WebSocket(r *http.Request) bool {
	protocols := r.Header[":protocol"] // where net/http puts it
	if r.Method != http.MethodConnect {
		protocols = r.Header.Values("Upgrade")
	}
	for _, list := range protocols {
		for protocol := range strings.SplitSeq(list, ",") {
			name, _, _ := strings.Cut(protocol, "/")
			if strings.EqualFold(strings.TrimSpace(name), "websocket") {
				return true
			}
		}
	}
	return false
}

// A Body is the form of an answer.
type Body int

// The forms of answers.
const (
	Anything Body = iota // nothing in particular was asked for
	JSON
	HTML
	Text // something else, which a line of text does not disturb
)

// BodyOf returns the form that the header Accept prefers: by its weight, and among
// equals the first.
func BodyOf(r *http.Request) Body {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	if len(accept) > maxAccept {
		accept = ""
	}
	best, weight, anything := Text, 0.0, strings.TrimSpace(accept) == ""
	for element := range strings.SplitSeq(accept, ",") {
		mediaType, q := parseRange(element)
		body := bodyOf(mediaType)
		switch {
		case body == Anything:
			anything = anything || q > 0
		case q > weight:
			best, weight = body, q
		}
	}
	if weight == 0 && anything || best == Text && anything {
		return Anything
	}
	return best
}

// maxAccept is more than any client sends.
const maxAccept = 4096

// parseRange returns the media type of an element of Accept, in lower case, and its
// weight.
func parseRange(element string) (mediaType string, q float64) {
	mediaType, params, _ := strings.Cut(element, ";")
	q = 1
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			q, _ = strconv.ParseFloat(strings.TrimSpace(value), 64) // zero if it is not one
		}
	}
	return strings.ToLower(strings.TrimSpace(mediaType)), q
}

func bodyOf(mediaType string) Body {
	switch _, subtype, _ := strings.Cut(mediaType, "/"); {
	case mediaType == "*/*":
		return Anything
	case subtype == "json", strings.HasSuffix(subtype, "+json"):
		return JSON
	case mediaType == "text/html", mediaType == "application/xhtml+xml":
		return HTML
	default:
		return Text
	}
}
