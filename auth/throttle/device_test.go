package throttle_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/internal/signing"
)

// isStranger fails unless a request has the attempts of strangers only, which
// are used up.
func (s *site) isStranger(name string, r *http.Request, username string) {
	s.Helper()
	if err := s.Check(r, username); err == nil {
		s.Errorf("%s: the device is known", name)
	} else if by := s.limited[len(s.limited)-1]; by != throttle.ByAccount {
		s.Errorf("%s: limited by the %s", name, by)
	}
}

// TestDeviceCookieIsWorthlessForOthers: forged, changed, and of another
// account.
func TestDeviceCookieIsWorthlessForOthers(t *testing.T) {
	s := open(t, throttle.Options{PerSource: throttle.Limit{Burst: 1000, Every: time.Second}})
	victim := s.login(from(home), "victim")
	attacker := s.login(from(evil), "attacker")
	other := openKeys(t, secrettest.Keys(oldSecret), throttle.Options{}).login(from(home), "victim")
	s.exhaust("victim")

	s.wantPass(from(home, victim), "victim")
	s.isStranger("of another account", from(evil, attacker), "victim")
	s.isStranger("of another site", from(evil, other), "victim")
	s.isStranger("none", from(evil), "victim")
	named := func(value string) *http.Cookie { return &http.Cookie{Name: victim.Name, Value: value} }
	for i := range victim.Value {
		c := byte('A')
		if victim.Value[i] == c {
			c = 'B'
		}
		s.isStranger("changed", from(evil, named(victim.Value[:i]+string(c)+victim.Value[i+1:])), "victim")
	}
	value, _, _ := strings.Cut(victim.Value, ":")
	_, signature, _ := strings.Cut(attacker.Value, ":")
	s.isStranger("spliced", from(evil, named(value+":"+signature)), "victim")
	s.isStranger("unsigned", from(evil, named(value)), "victim")
	misused := named(signing.New("other", keys).Sign(value))
	s.isStranger("signed for another purpose", from(evil, misused), "victim")
	for _, odd := range []string{"", ":", "..", "a.b.c", strings.Repeat(".", 9000)} {
		s.isStranger("odd", from(evil, named(odd)), "victim")
		good := signing.New("jamsession.auth.throttle.device", keys).Sign(odd)
		s.isStranger("odd and signed", from(evil, named(good)), "victim")
	}
	renamed := &http.Cookie{Name: "jamsession_device", Value: victim.Value}
	s.isStranger("under the other name", from(evil, renamed), "victim")
}

// TestAttackersLoginsBuyNothing: logging in to his own account with a copied
// cookie, or with his own, makes no device known to the victim.
func TestAttackersLoginsBuyNothing(t *testing.T) {
	s := open(t, throttle.Options{})
	s.login(from(home), "victim")
	cookie := s.login(from(evil), "attacker")
	cookie = s.login(from(evil, cookie), "attacker")
	s.exhaust("victim")
	s.isStranger("after two logins", from(evil, cookie), "victim")
}

// TestDeviceIsKnownToOneUserOnly: a backend may tell users apart by the case of
// their names, so that who is called ANN has a device that is no device of
// ann's. If both use one, each has attempts of his own.
func TestDeviceIsKnownToOneUserOnly(t *testing.T) {
	s := open(t, throttle.Options{})
	cookie := s.login(from(evil), "ANN")
	s.exhaust("ann")
	s.isStranger("a namesake's", from(evil, cookie), "ann")
	s.isStranger("a namesake's", from(evil, cookie), "Ann")
	s.wantPass(from(evil, cookie), "ANN")

	s.now = s.now.Add(time.Hour)
	shared := s.login(from(home, cookie), "ann")
	for range 10 {
		s.wantPass(from(home, shared), "ann")
	}
	s.login(from(home, shared), "ANN")
	s.wantLimited(from(home, shared), "ann", throttle.ByDevice, 5*time.Minute)
}

// TestDeviceOfAFamily: five accounts are known on one device, the last ones,
// each with attempts of its own.
func TestDeviceOfAFamily(t *testing.T) {
	s := open(t, throttle.Options{})
	names := []string{"a", "b", "c", "d", "e", "f"}
	var cookies []*http.Cookie
	for _, name := range names {
		cookies = []*http.Cookie{s.login(from(home, cookies...), name)}
	}
	for _, name := range names {
		s.exhaust(name)
	}
	s.isStranger("the first of six", from(home, cookies...), "a")
	for _, name := range names[1:] {
		for range 10 {
			s.wantPass(from(home, cookies...), name)
		}
		s.wantLimited(from(home, cookies...), name, throttle.ByDevice, 5*time.Minute)
	}
}

func TestDeviceCookie(t *testing.T) {
	for _, c := range []struct {
		url      string
		insecure bool
		name     string
		secure   bool
	}{
		{"https://example.com/", false, "__Host-jamsession_device", true},
		{"http://example.com/", false, "__Host-jamsession_device", true}, // a proxy ends TLS
		{"http://localhost:8000/", false, "jamsession_device", false},
		{"http://example.com/", true, "jamsession_device", false},
	} {
		s := open(t, throttle.Options{InsecureCookie: c.insecure})
		r := httptest.NewRequest("POST", c.url, nil)
		w := httptest.NewRecorder()
		s.Succeeded(w.Header(), r, "john_doe")
		cookie := w.Result().Cookies()[0]
		if cookie.Name != c.name || cookie.Secure != c.secure {
			t.Errorf("%s: %v", c.url, cookie)
		}
		if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" ||
			cookie.Domain != "" || cookie.MaxAge != 365*24*60*60 || len(cookie.Value) > 300 {
			t.Errorf("%s: %v", c.url, cookie)
		}
		if h := w.Header(); h.Get("Vary") != "Cookie" || h.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s: caches may keep the cookie: %v", c.url, h)
		}
		s.exhaust("john_doe")
		r.AddCookie(cookie)
		s.wantPass(r, "john_doe")
	}
}

// TestDeviceIsKnownForAYear after its last login.
func TestDeviceIsKnownForAYear(t *testing.T) {
	s := open(t, throttle.Options{})
	first := s.login(from(home), "john_doe")
	s.now = s.now.AddDate(0, 6, 0)
	second := s.login(from(home, first), "john_doe")
	s.now = s.now.AddDate(0, 7, 0)
	s.exhaust("john_doe")
	s.isStranger("13 months old", from(home, first), "john_doe")
	s.wantPass(from(home, second), "john_doe")
}

// TestOlderKeysKeepDevicesKnown when the key is changed, until they log in
// again and have a cookie of the new one.
func TestOlderKeysKeepDevicesKnown(t *testing.T) {
	before := openKeys(t, secrettest.Keys(oldSecret), throttle.Options{})
	cookie := before.login(from(home), "jane")
	cookie = before.login(from(home, cookie), "john_doe")
	s := openKeys(t, secrettest.Keys(siteKey, oldSecret), throttle.Options{})
	s.exhaust("john_doe")
	s.exhaust("jane")
	s.wantPass(from(home, cookie), "john_doe")
	s.wantPass(from(home, cookie), "jane")
	renewed := s.login(from(home, cookie), "john_doe")
	s.wantPass(from(home, renewed), "john_doe")
	if n := strings.Count(renewed.Value, "."); n != 2 {
		t.Errorf("the renewed cookie has %d accounts, want the one whose name is known", n-1)
	}

	after := open(t, throttle.Options{})
	after.exhaust("john_doe")
	after.isStranger("of the old secret", from(home, cookie), "john_doe")
	after.wantPass(from(home, renewed), "john_doe")
}
