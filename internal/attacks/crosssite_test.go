package attacks

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestA7ForgedRequestsDoNothing: no request that another site can have a
// browser send logs in, logs out or changes anything. What browsers really
// send is tried in the module integration.
func TestA7ForgedRequestsDoNothing(t *testing.T) {
	s := open(t, nil)
	attacker := s.visitor(t)
	foreign := attacker.get("/form") // a token that goes with the attacker's cookie
	host := strings.TrimPrefix(s.url, "http://")
	forgeries := map[string]struct {
		headers map[string]string
		token   string // "own" is the victim's, which no other site can read
	}{
		"foreign origin":           {map[string]string{"Origin": "https://evil.example"}, "own"},
		"origin null":              {map[string]string{"Origin": "null"}, "own"},
		"origin with another port": {map[string]string{"Origin": "http://127.0.0.1:1"}, "own"},
		"the site over TLS":        {map[string]string{"Origin": "https://" + host}, "own"},
		"origin that begins alike": {map[string]string{"Origin": s.url + ".evil.example"}, "own"},
		"no header, no token":      {nil, ""},
		"right origin, no token":   {map[string]string{"Origin": s.url}, ""},
		"the attacker's token":     {map[string]string{"Origin": s.url}, foreign},
		"a token of another form":  {nil, strings.Repeat("a", 64)},
		"scripted":                 {map[string]string{"X-Requested-With": "XMLHttpRequest"}, ""},
		"json": {map[string]string{
			"Origin": "https://evil.example", "Content-Type": "application/json",
		}, "own"},
		"text, which needs no leave": {map[string]string{"Content-Type": "text/plain"}, ""},
		"override of the method":     {map[string]string{"X-Http-Method-Override": "GET"}, ""},
		"cross-site by metadata":     {map[string]string{"Sec-Fetch-Site": "cross-site"}, "own"},
		"sibling by metadata":        {map[string]string{"Sec-Fetch-Site": "same-site"}, "own"},
	}
	for name, c := range forgeries {
		t.Run(name, func(t *testing.T) {
			victim := s.visitor(t)
			token := c.token
			if own := victim.get("/form"); token == "own" {
				token = own
			}
			login := url.Values{"username": {"bob"}, "password": {password}, "csrfmiddlewaretoken": {token}}
			if code, _ := victim.do(http.MethodPost, "/login", login, c.headers); code != http.StatusForbidden {
				t.Errorf("forged login: %d", code)
			}
			if who := victim.get("/whoami"); who != "[]" {
				t.Errorf("after a forged login, the victim is %s", who)
			}
			user := s.newSession(t, "alice")
			victim.http.Jar.SetCookies(mustURL(t, s.url), []*http.Cookie{{Name: "sessionid", Value: user}})
			for _, path := range []string{"/logout", "/password"} {
				form := url.Values{"old": {password}, "new": {"evil-" + password}, "csrfmiddlewaretoken": {token}}
				if code, _ := victim.do(http.MethodPost, path, form, c.headers); code != http.StatusForbidden {
					t.Errorf("forged %s: %d", path, code)
				}
			}
			if who := victim.get("/whoami"); who != "[alice]" {
				t.Errorf("after forged requests, the victim is %s", who)
			}
		})
	}
	if code := s.visitor(t).post("/login", "username", "alice", "password", password); code != http.StatusSeeOther {
		t.Errorf("what is not forged: %d", code)
	}
}

// TestA31NoMethodSkipsACheck: what is not known to be harmless is checked for
// its origin and token, and gates stand before all methods.
func TestA31NoMethodSkipsACheck(t *testing.T) {
	s := open(t, nil)
	v := s.visitor(t)
	v.login("alice")
	harmless := map[string]bool{"GET": true, "HEAD": true, "OPTIONS": true, "TRACE": true}
	for _, method := range []string{
		"GET", "HEAD", "OPTIONS", "TRACE", "POST", "PUT", "PATCH", "DELETE", "CONNECTX", "get", "Get", "head", "QUERY",
	} {
		code, _ := v.do(method, "/whoami", nil, nil)
		if passed := code != http.StatusForbidden; passed != harmless[method] {
			t.Errorf("%s without a token: %d", method, code)
		}
		code, body := s.visitor(t).do(method, "/account/", nil, nil)
		if strings.Contains(body, "secrets") || code < 300 {
			t.Errorf("%s of an anonymous visitor: %d %q", method, code, body)
		}
		code, _ = v.do(method, "/logout", nil, nil)
		if code < 400 {
			t.Errorf("%s logs out: %d", method, code)
		}
	}
	for _, headers := range []map[string]string{
		{"X-HTTP-Method-Override": "POST"}, {"X-HTTP-Method": "POST"}, {"X-Method-Override": "POST"},
	} {
		if code, _ := v.do(http.MethodGet, "/logout?_method=POST", nil, headers); code != http.StatusMethodNotAllowed {
			t.Errorf("%v: %d", headers, code)
		}
	}
	if who := v.get("/whoami"); who != "[alice]" {
		t.Errorf("after all of this, the visitor is %s", who)
	}
}

func mustURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
