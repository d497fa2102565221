package session_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

const onPhone = session.Item[bool]("on_phone")

// byDevice lets sessions on a phone live for thirty days.
func byDevice(items map[string]json.RawMessage) time.Duration {
	if string(items["on_phone"]) == "true" {
		return 30 * 24 * time.Hour
	}
	return 0 // CookieAge
}

// TestCookieAgeOfOneSession: the record and the cookie have it, unless the session
// or the timeouts say otherwise.
func TestCookieAgeOfOneSession(t *testing.T) {
	const month, day = 30 * 24 * time.Hour, 24 * time.Hour
	phone := func(s *session.Session) { onPhone.Set(s, true) }
	for name, c := range map[string]struct {
		opts         session.Options
		do           func(s *session.Session)
		life, cookie time.Duration // a cookie of 0 dies with the browser
	}{
		"another":          {session.Options{}, func(s *session.Session) { onPhone.Set(s, false) }, day, day},
		"phone":            {session.Options{}, phone, month, month},
		"own expiry":       {session.Options{}, func(s *session.Session) { phone(s); s.SetExpiry(time.Hour) }, time.Hour, time.Hour},
		"browser":          {session.Options{}, func(s *session.Session) { phone(s); s.ExpireAtBrowserClose() }, month, 0},
		"browser for all":  {session.Options{ExpireAtBrowserClose: true}, phone, month, 0},
		"reset":            {session.Options{}, func(s *session.Session) { phone(s); s.SetExpiry(time.Hour); s.ResetExpiry() }, month, month},
		"idle timeout":     {session.Options{IdleTimeout: time.Hour}, phone, time.Hour, time.Hour},
		"absolute timeout": {session.Options{AbsoluteTimeout: time.Hour}, phone, time.Hour, time.Hour},
		"negative":         {session.Options{CookieAgeFor: func(map[string]json.RawMessage) time.Duration { return -time.Hour }}, phone, day, day},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newSpy()
				c.opts.CookieAge = day
				if c.opts.CookieAgeFor == nil {
					c.opts.CookieAgeFor = byDevice
				}
				m := noerror.In(session.New(store, &c.opts))
				resp := request(m, "", func(_ http.ResponseWriter, r *http.Request) {
					s := session.From(r)
					c.do(s)
					if got := s.ExpiryAge(); got != c.life {
						t.Errorf("ExpiryAge: %v, want %v", got, c.life)
					}
				})
				if got := time.Until(store.records()[0].Expiry); got != c.life {
					t.Errorf("the record lives %v, want %v", got, c.life)
				}
				if got := resp.Cookies()[0].MaxAge; got != int(c.cookie/time.Second) {
					t.Errorf("the cookie lives %d s, want %v", got, c.cookie)
				}
			})
		})
	}
}

// TestCookieAgeFollowsTheItems: what makes it longer or shorter sends the cookie
// again, and a request that changes nothing asks for it only where each prolongs.
func TestCookieAgeFollowsTheItems(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		store := newSpy()
		m := noerror.In(session.New(store, &session.Options{CookieAgeFor: func(items map[string]json.RawMessage) time.Duration {
			asked++
			return byDevice(items)
		}}))
		key := login(m)
		for _, phone := range []bool{true, false} {
			time.Sleep(time.Hour)
			resp := request(m, key, func(_ http.ResponseWriter, r *http.Request) { onPhone.Set(session.From(r), phone) })
			want := 14 * 24 * time.Hour
			if phone {
				want = 30 * 24 * time.Hour
			}
			if c := resp.Cookies(); len(c) != 1 || c[0].MaxAge != int(want/time.Second) {
				t.Errorf("on a phone %v: the cookies are %v, want one that lives %v", phone, c, want)
			}
		}
		asked = 0
		if !alive(t, m, key) || asked > 0 {
			t.Errorf("asked %d times by a request that reads", asked)
		}
	})
}

// TestCookieAgeOfARepeatedSave is that of the items that another request has saved.
func TestCookieAgeOfARepeatedSave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newSpy()
		m := noerror.In(session.New(store, &session.Options{CookieAgeFor: byDevice}))
		key := login(m)
		request(m, key, func(_ http.ResponseWriter, r *http.Request) {
			session.From(r).Set("b", 2)
			request(m, key, func(_ http.ResponseWriter, r *http.Request) { onPhone.Set(session.From(r), true) })
		})
		if got := time.Until(store.records()[0].Expiry); got != 30*24*time.Hour {
			t.Errorf("the record lives %v", got)
		}
	})
}
