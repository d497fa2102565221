package wants_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/jamsession/jamsession/internal/wants"
)

const chromium = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"

func request(method string, header ...string) *http.Request {
	r := httptest.NewRequest(method, "/", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

func TestPage(t *testing.T) {
	for _, c := range []struct {
		why  string
		r    *http.Request
		want bool
	}{
		{"a program without headers", request("GET"), true},
		{"a link", request("GET", "Accept", chromium, "Sec-Fetch-Mode", "navigate"), true},
		{"a form", request("POST", "Content-Type", "multipart/form-data; boundary=x", "Accept", chromium), true},
		{"an old browser", request("HEAD", "Accept", chromium), true},
		{"curl", request("GET", "Accept", "*/*"), true},
		{"an app on Android", request("GET", "X-Requested-With", "com.example.app", "Accept", chromium), true},
		{"fetch", request("GET", "Accept", "*/*", "Sec-Fetch-Mode", "cors"), false},
		{"fetch for HTML", request("GET", "Accept", "text/html", "Sec-Fetch-Mode", "same-origin"), false},
		{"a picture", request("GET", "Accept", "image/webp,*/*", "Sec-Fetch-Mode", "no-cors"), false},
		{"axios", request("GET", "Accept", "application/json, text/plain, */*"), false},
		{"jQuery", request("GET", "Accept", "*/*", "X-Requested-With", "XMLHttpRequest"), false},
		{"htmx", request("GET", "Accept", "*/*", "HX-Request", "true"), false},
		{"a link of htmx", request("GET", "HX-Request", "true", "HX-Boosted", "true", "Accept", "text/html"), false},
		{"an EventSource", request("GET", "Accept", "text/event-stream"), false},
		{"JSON", request("POST", "Content-Type", "application/json", "Accept", "*/*"), false},
		{"a method that no form has", request("DELETE", "Accept", chromium), false},
		{"a WebSocket", request("GET", "Connection", "Upgrade", "Upgrade", "websocket"), false},
		{"another protocol", request("GET", "Connection", "Upgrade", "Upgrade", "h2c"), true},
	} {
		if got := wants.Page(c.r); got != c.want {
			t.Errorf("%s: %t", c.why, got)
		}
	}
}

func TestWebSocket(t *testing.T) {
	overHTTP2 := request("CONNECT")
	overHTTP2.Header[":protocol"] = []string{"websocket"}
	for _, r := range []*http.Request{
		request("GET", "Upgrade", "websocket"), request("GET", "Upgrade", "WebSocket"),
		request("GET", "Upgrade", "h2c, websocket"), request("GET", "Upgrade", "h2c", "Upgrade", " websocket/13"),
		overHTTP2,
	} {
		if !wants.WebSocket(r) {
			t.Errorf("%s %v: no WebSocket", r.Method, r.Header)
		}
	}
	for _, r := range []*http.Request{
		request("GET"), request("GET", "Upgrade", "websockets"), request("CONNECT"),
		request("GET", "Sec-WebSocket-Key", "x"),
	} {
		if wants.WebSocket(r) {
			t.Errorf("%s %v: a WebSocket", r.Method, r.Header)
		}
	}
}

func TestBodyOf(t *testing.T) {
	for accept, want := range map[string]wants.Body{
		"":                                  wants.Anything,
		"*/*":                               wants.Anything,
		"image/webp, */*":                   wants.Anything,
		chromium:                            wants.HTML,
		"TEXT/HTML":                         wants.HTML,
		"text/plain":                        wants.Text,
		"text/event-stream":                 wants.Text,
		"application/json":                  wants.JSON,
		"application/problem+json, */*":     wants.JSON,
		"application/json, text/plain, */*": wants.JSON,
		"application/json;q=0.5, text/html": wants.HTML,
		"text/html;q=0.5, application/json": wants.JSON,
		"application/json, text/html":       wants.JSON,
		"text/html, application/json":       wants.HTML,
		"application/json;q=0, text/html":   wants.HTML,
		"application/json;q=0":              wants.Text,
		"application/json;q=x, */*":         wants.Anything,
		"*/*;q=0":                           wants.Text,
		",;,":                               wants.Text,
	} {
		if got := wants.BodyOf(request("GET", "Accept", accept)); got != want {
			t.Errorf("%q: %d, want %d", accept, got, want)
		}
	}
}
