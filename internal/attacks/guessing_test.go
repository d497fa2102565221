package attacks

import (
	"net/http"
	"path/filepath"
	"testing"
)

// TestA17GuessesAreLimitedOnWholeSites: by all processes together, also after
// the right password was guessed too late; and whoever has logged in before
// from his browser still gets in.
func TestA17GuessesAreLimitedOnWholeSites(t *testing.T) {
	vars := map[string]string{
		"DATABASE_URL":        "sqlite:///" + filepath.Join(t.TempDir(), "site.db"),
		"LOGIN_LIMIT_ACCOUNT": "4/3600",
	}
	sites := []*site{open(t, vars), open(t, vars)}
	owner, stranger := sites[0].visitor(t), sites[0].visitor(t)
	owner.login("alice")
	owner.post("/logout")
	for i, guess := range []string{"a", "b", "c", "d", password, password} {
		stranger.site = sites[i%2]
		want := http.StatusUnauthorized
		if i >= 4 {
			want = http.StatusTooManyRequests
		}
		if code := stranger.post("/login", "username", "ALICE "[:5], "password", guess); code != want {
			t.Errorf("guess %d: %d, want %d", i, code, want)
		}
	}
	if code := stranger.post("/login", "username", "nobody", "password", "x"); code != http.StatusUnauthorized {
		t.Errorf("another name: %d", code)
	}
	owner.login("alice")
	if code := owner.post("/password", "old", "wrong", "new", "x"); code != http.StatusBadRequest {
		t.Errorf("a wrong old password: %d", code)
	}
}

// TestA17OldPasswordsAreNotGuessed: a stolen session does not open the way to
// the password.
func TestA17OldPasswordsAreNotGuessed(t *testing.T) {
	s := open(t, map[string]string{"LOGIN_LIMIT_ACCOUNT": "3/3600"})
	v := s.visitor(t)
	v.login("alice")
	limited := 0
	for range 10 {
		code, _ := v.do(http.MethodPost, "/password", form("old", "guess", "new", "x", "csrfmiddlewaretoken", v.get("/form")), nil)
		if code == http.StatusTooManyRequests {
			limited++
		}
	}
	if limited != 7 {
		t.Errorf("%d of 10 guesses were refused, want 7", limited)
	}
}

// TestA17NamesakeBuysNoGuesses: Django lets ALICE register beside alice. Her
// own logins, and the browser that she has, are no use for guesses at alice.
func TestA17NamesakeBuysNoGuesses(t *testing.T) {
	s := open(t, map[string]string{"LOGIN_LIMIT_ACCOUNT": "4/3600"})
	s.addUser(t, "ALICE")
	v := s.visitor(t)
	passed := 0
	for range 6 {
		for _, guesser := range []*visitor{v, s.visitor(t)} {
			if guesser.post("/login", "username", "alice", "password", "guess") == http.StatusUnauthorized {
				passed++
			}
		}
		v.post("/login", "username", "ALICE", "password", password)
		v.post("/logout")
	}
	if passed != 4 {
		t.Errorf("%d guesses passed, want 4", passed)
	}
	if code := v.post("/login", "username", "ALICE", "password", password); code >= 400 {
		t.Errorf("ALICE cannot log in where she has before: %d", code)
	}
}

// TestA20AddressesInHeadersAreNotBelieved: without TRUSTED_PROXIES a guesser
// who invents an address for each attempt is one source.
func TestA20AddressesInHeadersAreNotBelieved(t *testing.T) {
	for proxies, want := range map[string]int{"": http.StatusTooManyRequests, "127.0.0.1": http.StatusUnauthorized} {
		s := open(t, map[string]string{"LOGIN_LIMIT_SOURCE": "3/3600", "TRUSTED_PROXIES": proxies})
		code := 0
		for i := range 5 {
			v := s.visitor(t)
			token := v.get("/form")
			code, _ = v.do(http.MethodPost, "/login",
				form("username", string(rune('a'+i)), "password", "x", "csrfmiddlewaretoken", token),
				map[string]string{"X-Forwarded-For": "192.0.2." + string(rune('1'+i))})
		}
		if code != want {
			t.Errorf("TRUSTED_PROXIES %q: %d, want %d", proxies, code, want)
		}
	}
}

// TestA20SecureIsNotDroppedForAHeader: whatever a header says of the scheme,
// a cookie for another host than this machine is Secure.
func TestA20SecureIsNotDroppedForAHeader(t *testing.T) {
	s := open(t, nil)
	for _, headers := range []map[string]string{
		{},
		{"X-Forwarded-Proto": "http"},
		{"Forwarded": "proto=http"},
		{"X-Forwarded-Host": "localhost"},
		{"X-Forwarded-Ssl": "off"},
		{"Front-End-Https": "off"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/set?x=1", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "www.example.com"
		for name, value := range headers {
			r.Header.Set(name, value)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if cookies := resp.Cookies(); len(cookies) != 1 || !cookies[0].Secure || !cookies[0].HttpOnly {
			t.Errorf("%v: cookies %v", headers, cookies)
		}
	}
}
