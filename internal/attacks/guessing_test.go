package attacks

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// TestA17GuessesAreLimitedOnWholeSites by all processes together, even after
// the right password was guessed too late; and a user who has logged in
// before from the same browser still gets in.
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

// addNamesake makes a user whose name differs from another one's in case, as
// Django's own code can.
func (s *site) addNamesake(t *testing.T, name string) {
	t.Helper()
	s.addUser(t, "namesake")
	_, err := s.Database.DB.ExecContext(t.Context(), "UPDATE auth_user SET username = ? WHERE username = 'namesake'", name)
	if err != nil {
		t.Fatal(err)
	}
}

// TestA17NamesakeBuysNoGuesses: Django's code can store ALICE beside alice. Her
// own logins, and her browser, do not help with guesses at alice.
func TestA17NamesakeBuysNoGuesses(t *testing.T) {
	s := open(t, map[string]string{"LOGIN_LIMIT_ACCOUNT": "4/3600"})
	s.addNamesake(t, "ALICE")
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

// collect logs in from so many addresses, with a browser each, and returns what
// each knows its device by.
func (s *site) collect(t *testing.T, name string, devices int) []string {
	t.Helper()
	var collected []string
	for i := range devices {
		v := s.visitor(t)
		fields := form("username", name, "password", password, "csrfmiddlewaretoken", v.get("/form"))
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/login", strings.NewReader(fields.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Forwarded-For", fmt.Sprintf("203.0.%d.%d", i/250, i%250))
		resp, err := v.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		for _, c := range resp.Cookies() { // which are for HTTPS
			if c.Name == deviceCookie {
				collected = append(collected, c.Value)
			}
		}
		if len(collected) != i+1 {
			t.Fatalf("login %d: %s", i, resp.Status)
		}
	}
	return collected
}

const deviceCookie = "__Host-jamsession_device"

// guesses returns how many wrong passwords pass that one address sends with the
// collected devices, two with each.
func (s *site) guesses(t *testing.T, from, name string, collected []string) (passed int) {
	t.Helper()
	v := s.visitor(t)
	token := v.get("/form")
	for i := range 2 * len(collected) {
		code, _ := v.do(http.MethodPost, "/login",
			form("username", name, "password", "guess", "csrfmiddlewaretoken", token),
			map[string]string{
				"X-Forwarded-For": from,
				"Cookie": deviceCookie + "=" + collected[i%len(collected)] +
					"; csrftoken=" + v.cookie("csrftoken"),
			})
		if code == http.StatusUnauthorized {
			passed++
		}
	}
	return passed
}

// TestA17CollectedDevicesBuyFewGuesses: somebody who knew the password has kept
// what 300 logins left in browsers. While the password is the same, one address
// has the attempts of a source; after a change no device is known any more,
// except the one on which it was changed.
func TestA17CollectedDevicesBuyFewGuesses(t *testing.T) {
	s := open(t, map[string]string{
		"TRUSTED_PROXIES": "127.0.0.1,::1", "LOGIN_LIMIT_ACCOUNT": "4/36000", "LOGIN_LIMIT_SOURCE": "20/3600",
	})
	collected := s.collect(t, "alice", 300)
	if passed := s.guesses(t, "198.51.100.7", "alice", collected); passed != 20 {
		t.Errorf("%d guesses passed, want 20", passed)
	}
	alice := s.visitor(t)
	alice.login("alice")
	alice.changesPassword()
	if passed := s.guesses(t, "198.51.100.8", "alice", collected); passed != 4 {
		t.Errorf("after a change of the password %d guesses passed, want the 4 of strangers", passed)
	}
	if passed := s.guesses(t, "198.51.100.9", "bob", collected); passed != 4 {
		t.Errorf("%d guesses at another user passed, want the 4 of strangers", passed)
	}
	alice.post("/logout")
	if code := alice.post("/login", "username", "alice", "password", "another-"+password); code != http.StatusSeeOther {
		t.Errorf("who changed it: %d", code)
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
