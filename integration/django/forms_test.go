package django

import (
	"net/http"
	"strings"
	"testing"
)

// tryCSRF: the other side accepts a form that one has rendered, but not after
// a login, which changes the visitor's secret.
func tryCSRF(t *testing.T, x exchange) {
	b := newBrowser(t)
	token := b.token(x.from)
	post := func(b *browser, at *side, token string) int {
		t.Helper()
		status, text := b.do(at, http.MethodPost, "/form",
			map[string][]string{"csrfmiddlewaretoken": {token}, "name": {"\u00e4\u20ac"}})
		if status == http.StatusOK {
			is(t, "form posted to "+at.name, text, "got \u00e4\u20ac")
		}
		return status
	}
	for _, at := range []*side{x.to, x.from, x.to} {
		if status := post(b, at, token); status != http.StatusOK {
			t.Errorf("a form of %s, at %s: %d", x.from, at, status)
		}
		if status := post(b, at, newBrowser(t).token(x.from)); status != http.StatusForbidden {
			t.Errorf("another visitor's form of %s, at %s: %d", x.from, at, status)
		}
		if status := post(newBrowser(t), at, token); status != http.StatusForbidden {
			t.Errorf("a form of %s without the cookie, at %s: %d", x.from, at, status)
		}
	}
	b.post(x.from, "/login", "username", x.newUser(t, x.to), "password", password)
	for _, at := range x.sides() {
		if status := post(b, at, token); status != http.StatusForbidden {
			t.Errorf("a form from before the login, at %s: %d", at, status)
		}
	}
	if status := post(b, x.to, b.token(x.from)); status != http.StatusOK {
		t.Errorf("a form after the login: %d", status)
	}
}

// tryMessages: what one side leaves, the other shows, once and in order; also
// if it is too much for a cookie.
func tryMessages(t *testing.T, x exchange) {
	b := newBrowser(t)
	leave := func(at *side, level, text, tags string) {
		t.Helper()
		b.post(at, "/messages", "level", level, "text", text, "tags", tags)
	}
	leave(x.from, "25", "<b>Saved</b> \u00e4\u20ac \U0001f600", "wide red")
	leave(x.to, "40", "Sorry", "")
	leave(x.from, "20", `"quoted", \backslashed`, "")
	is(t, "shown by "+x.to.name, b.get(x.to, "/messages"),
		`[[25,"<b>Saved</b> \u00e4\u20ac \ud83d\ude00","wide red success"],[40,"Sorry","error"],`+
			`[20,"\"quoted\", \\backslashed","info"]]`)
	for _, at := range x.sides() {
		is(t, "shown again by "+at.name, b.get(at, "/messages"), "[]")
	}
	var want []string
	for _, c := range []string{"a", "b", "c", "d"} {
		long := strings.Repeat(c, 900)
		leave(x.from, "20", long, "")
		want = append(want, `[20,"`+long+`","info"]`)
	}
	is(t, "long ones, by "+x.to.name, b.get(x.to, "/messages"), "["+strings.Join(want, ",")+"]")
	for _, at := range x.sides() {
		is(t, "long ones again, by "+at.name, b.get(at, "/messages"), "[]")
	}
}

// With SESSION storage of the secret and of messages.
func tryCSRFInSession(t *testing.T, x exchange)     { tryCSRF(t, x.inSessions(t)) }
func tryMessagesInSession(t *testing.T, x exchange) { tryMessages(t, x.inSessions(t)) }

// inSessions returns the same exchange between two sites that keep the secret
// of forms and messages in the session, and save it at every request.
func (x exchange) inSessions(t *testing.T) exchange {
	t.Helper()
	return x.between(x.second())
}
