package devices_test

import (
	"testing"

	"github.com/jamsession/jamsession/auth/devices"
)

// TestCopyOfAnAdoptedCookieHasEnded, as it was before its first request here, with the login: by
// another device, by a logout, for a limit, and by another login; and no other login at Django.
func TestCopyOfAnAdoptedCookieHasEnded(t *testing.T) {
	for name, end := range map[string]func(s *site, b *browser){
		"end":    func(s *site, b *browser) { _ = s.devices.EndDevice(t.Context(), s.ids["alice"], b.own(t)) },
		"logout": func(_ *site, b *browser) { b.get("/logout") },
		"again":  func(_ *site, b *browser) { b.get("/login/alice"); b.get("/logout") },
		"bob":    func(_ *site, b *browser) { b.get("/login/bob"); b.get("/logout") },
		"limit":  func(s *site, _ *browser) { s.login(t, "alice"); s.login(t, "alice") },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, inCookies, devices.Options{Max: 2})
			b := s.browser(t)
			b.get("/django/alice")
			copied := b.copy()
			b.is(t, "alice")
			also := copied.copy()
			also.is(t, "alice") // as one of several requests at once
			end(s, b)
			b.is(t, "")
			for range 2 {
				copied.copy().is(t, "")
			}
			again := s.browser(t)
			again.get("/django/alice?mark=x") // or it could be the same cookie, within a second
			again.is(t, "alice")
			if name == "end" {
				s.exec(t, "UPDATE jamsession_device SET expires = expires - "+month)
				if n, err := s.devices.ClearExpired(t.Context()); n != 2 || err != nil {
					t.Errorf("ClearExpired: %d, %v", n, err)
				}
			}
		})
	}
}

const month = "2592000000000" // microseconds

// TestTwoDevicesOfOneCookie, as requests at once may have made them, end one after another, and
// together.
func TestTwoDevicesOfOneCookie(t *testing.T) {
	for _, together := range []bool{false, true} {
		s := newSite(t, inCookies, devices.Options{})
		b := s.browser(t)
		b.get("/django/alice")
		copied, also := b.copy(), b.copy()
		b.is(t, "alice")
		s.exec(t, "UPDATE jamsession_device SET expires = expires - "+month) // or they would share it
		also.is(t, "alice")
		if n := s.rows(t, "alice"); n != 2 {
			t.Fatalf("%d rows", n)
		}
		if together {
			if n, err := s.devices.EndAll(t.Context(), s.ids["alice"]); n != 2 || err != nil {
				t.Errorf("EndAll: %d, %v", n, err)
			}
			s.exec(t, "DELETE FROM jamsession_login_floor")
		} else {
			for _, id := range []string{b.own(t), also.own(t)} {
				if err := s.devices.EndDevice(t.Context(), s.ids["alice"], id); err != nil {
					t.Error(err)
				}
			}
		}
		b.is(t, "")
		also.is(t, "")
		copied.is(t, "")
		if n, err := s.devices.ClearExpired(t.Context()); n != 0 || err != nil {
			t.Errorf("ClearExpired: %d, %v; want the bar to last as long as the later row", n, err)
		}
	}
}
