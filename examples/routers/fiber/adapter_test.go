package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v3"
)

// echoes answers with the body, and two cookies.
func echoes(c fiber.Ctx) error {
	c.Cookie(&fiber.Cookie{Name: "a", Value: "1"})
	c.Cookie(&fiber.Cookie{Name: "b", Value: "2"})
	c.Set("X-Frame-Options", "SAMEORIGIN")
	return c.Send(c.Body())
}

// TestBodiesArrive: also if a handler around the app has read the form, or has looked for
// one in vain.
func TestBodiesArrive(t *testing.T) {
	router := fiber.New(fiber.Config{BodyLimit: 100})
	router.Post("/", echoes)
	for name, c := range map[string]struct {
		kind, body string
		parse      bool
		status     int
	}{
		"form":      {"application/x-www-form-urlencoded", "a=1&b=%26", false, http.StatusOK},
		"form read": {"application/x-www-form-urlencoded; charset=utf-8", "a=1&b=%26", true, http.StatusOK},
		"JSON":      {"application/json", `{"a": 1}`, false, http.StatusOK},
		"not read":  {"application/json", `{"a": 1}`, true, http.StatusOK},
		"too large": {"text/plain", strings.Repeat("x", 101), false, http.StatusRequestEntityTooLarge},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.kind)
		if c.parse {
			_ = r.ParseForm()
		}
		w := httptest.NewRecorder()
		w.Header().Set("X-Frame-Options", "DENY") // of the site
		w.Header().Set("Set-Cookie", "site=1")
		appHandler{router}.ServeHTTP(w, r)
		if w.Code != c.status || w.Code == http.StatusOK && w.Body.String() != c.body {
			t.Errorf("%s: status %d, body %q", name, w.Code, w.Body)
		}
		cookies, frame := len(w.Header()["Set-Cookie"]), w.Header()["X-Frame-Options"]
		if w.Code == http.StatusOK && (cookies != 3 || len(frame) != 1 || frame[0] != "SAMEORIGIN") {
			t.Errorf("%s: %d cookies, X-Frame-Options %q", name, cookies, frame)
		}
	}
}
