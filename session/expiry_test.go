package session_test

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

// login makes a session and returns its key.
func login(m *session.Manager) string {
	return keyOf(request(m, "", func(w http.ResponseWriter, r *http.Request) {
		session.From(r).Set("a", 1)
	}))
}

// alive reports whether a request with this key finds its session.
func alive(t *testing.T, m *session.Manager, key string) bool {
	t.Helper()
	return readAll(t, request(m, key, reading).Body) == "1"
}

func TestSessionEndsCookieAgeAfterItsLastSave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := noerror.In(session.New(newSpy(), &session.Options{CookieAge: time.Hour}))
		key := login(m)
		for range 3 { // reading does not move the expiry, as in Django
			time.Sleep(20*time.Minute - time.Second)
			if !alive(t, m, key) {
				t.Fatal("ended too soon")
			}
		}
		time.Sleep(3 * time.Second)
		if alive(t, m, key) {
			t.Error("outlived its age")
		}
	})
}

func TestIdleTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newSpy()
		m := noerror.In(session.New(store, &session.Options{IdleTimeout: time.Hour}))
		key := login(m)
		for range 48 { // a busy visitor stays
			time.Sleep(30 * time.Minute)
			if !alive(t, m, key) {
				t.Fatal("ended while it was used")
			}
		}
		time.Sleep(time.Hour + time.Second)
		if alive(t, m, key) {
			t.Error("outlived its idle limit")
		}
	})
}

func TestAbsoluteTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := noerror.In(session.New(newSpy(), &session.Options{IdleTimeout: time.Hour, AbsoluteTimeout: 24 * time.Hour}))
		key := login(m)
		start := time.Now()
		for time.Since(start) < 23*time.Hour {
			time.Sleep(30 * time.Minute)
			if !alive(t, m, key) {
				t.Fatalf("ended after %v", time.Since(start))
			}
		}
		time.Sleep(time.Until(start.Add(24*time.Hour + time.Second)))
		if alive(t, m, key) {
			t.Error("outlived its absolute limit")
		}
	})
}

func TestAbsoluteTimeoutSurvivesANewKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := noerror.In(session.New(newSpy(), &session.Options{AbsoluteTimeout: 2 * time.Hour}))
		key := login(m)
		time.Sleep(time.Hour)
		key = keyOf(request(m, key, func(w http.ResponseWriter, r *http.Request) { session.From(r).CycleKey() }))
		time.Sleep(time.Hour - time.Second)
		if !alive(t, m, key) {
			t.Fatal("ended too soon")
		}
		time.Sleep(2 * time.Second)
		if alive(t, m, key) {
			t.Error("a new key gave the session a new life")
		}
	})
}

// TestAbsoluteTimeoutIsInTheRecord: the store can clear what is over, and
// another program that reads the record needs no such limit. Changes do not
// move it.
func TestAbsoluteTimeoutIsInTheRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newSpy()
		m := noerror.In(session.New(store, &session.Options{AbsoluteTimeout: time.Hour}))
		key := login(m)
		for left := time.Hour; left > 0; left -= 15 * time.Minute {
			request(m, key, func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("left", left) })
			if got := time.Until(store.records()[0].Expiry).Round(time.Second); got != left {
				t.Errorf("the record lives %v, want %v", got, left)
			}
			time.Sleep(15 * time.Minute)
		}
	})
}

func TestRefreshLeavesTheDataAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const data = `{ "a" : 1 , "a" : 2 }`
		store := newSpy()
		mustCreate(t, store, session.Record{
			Key: validKey, Data: []byte(data), Expiry: time.Now().Add(time.Minute),
		})
		request(noerror.In(session.New(store, &session.Options{IdleTimeout: time.Hour})), validKey, reading)
		rec := store.records()[0]
		if string(rec.Data) != data || time.Until(rec.Expiry) != time.Hour {
			t.Errorf("got %s for %v", rec.Data, time.Until(rec.Expiry))
		}
	})
}

// TestAbsoluteTimeoutThatWasLowered: the record says a later end.
func TestAbsoluteTimeoutThatWasLowered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newSpy()
		key := login(noerror.In(session.New(store, &session.Options{AbsoluteTimeout: 24 * time.Hour})))
		time.Sleep(2 * time.Hour)
		if alive(t, noerror.In(session.New(store, &session.Options{AbsoluteTimeout: time.Hour})), key) {
			t.Error("outlived the new limit")
		}
	})
}

func TestRefreshIsThrottled(t *testing.T) {
	for name, c := range map[string]struct {
		opts  session.Options
		saves int
	}{
		"idle":                    {session.Options{IdleTimeout: time.Hour}, 9},
		"idle, each request":      {session.Options{IdleTimeout: time.Hour, RefreshInterval: -1}, 60},
		"every request":           {session.Options{SaveEveryRequest: true, CookieAge: 2 * time.Hour}, 4},
		"every request, interval": {session.Options{SaveEveryRequest: true, RefreshInterval: 30 * time.Minute}, 1},
		"neither":                 {session.Options{}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newSpy()
				m := noerror.In(session.New(store, &c.opts))
				key := login(m)
				for range 60 {
					time.Sleep(time.Minute - time.Nanosecond)
					alive(t, m, key)
				}
				saves := 0
				for _, call := range store.calls() {
					if call == "Save" {
						saves++
					}
				}
				if saves != c.saves {
					t.Errorf("%d saves in 60 requests of one hour, want %d", saves, c.saves)
				}
			})
		})
	}
}

func TestSaveEveryRequestMovesUntouchedSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := noerror.In(session.New(newSpy(), &session.Options{SaveEveryRequest: true, CookieAge: time.Hour, RefreshInterval: -1}))
		key := login(m)
		for range 5 {
			time.Sleep(50 * time.Minute)
			resp := request(m, key, func(http.ResponseWriter, *http.Request) {})
			if keyOf(resp) != key || resp.Header.Get("Vary") != "Cookie" {
				t.Errorf("headers %v", resp.Header)
			}
		}
		if !alive(t, m, key) {
			t.Error("ended although each request was to move its expiry")
		}
	})
}

func TestSaveEveryRequestNeverInsertsForUnknownKeys(t *testing.T) {
	store := newSpy()
	m := noerror.In(session.New(store, &session.Options{SaveEveryRequest: true}))
	for range 50 {
		resp := request(m, session.NewKey(), func(http.ResponseWriter, *http.Request) {})
		if len(resp.Header) > 0 {
			t.Fatalf("headers %v", resp.Header)
		}
	}
	if slices.Contains(store.calls(), "Create") {
		t.Error("a record was created for a key that the client made up")
	}
}

func TestFailedRefreshDoesNotFailThePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newSpy()
		m := noerror.In(session.New(store, &session.Options{IdleTimeout: time.Hour, Logger: quiet}))
		key := login(m)
		time.Sleep(30 * time.Minute)
		store.breakOn("Save")
		if !alive(t, m, key) {
			t.Error("a page that only reads failed because the expiry could not be moved")
		}
	})
}

// TestReaderIsNotToldOfALogout: a request that only read ends normally, and leaves the
// cookie alone, which may be that of the next login by the time the answer arrives.
func TestReaderIsNotToldOfALogout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newSpy()
		m := noerror.In(session.New(store, &session.Options{IdleTimeout: time.Hour}))
		key := login(m)
		time.Sleep(30 * time.Minute) // so that the reader moves the expiry
		resp := request(m, key, func(w http.ResponseWriter, r *http.Request) {
			session.Item[int]("a").Get(session.From(r), 0)
			if err := m.Delete(r.Context(), key); err != nil {
				t.Error(err)
			}
		})
		if resp.StatusCode != 200 || resp.Header["Set-Cookie"] != nil {
			t.Errorf("status %d, headers %v", resp.StatusCode, resp.Header)
		}
		if len(store.records()) != 0 {
			t.Error("the session is back")
		}
	})
}

func TestPerSessionExpiry(t *testing.T) {
	for name, c := range map[string]struct {
		set     func(*session.Session)
		lives   time.Duration // how long the record lives
		browser bool
	}{
		"seconds":           {func(s *session.Session) { s.SetExpiry(5 * time.Minute) }, 5 * time.Minute, false},
		"part of a second":  {func(s *session.Session) { s.SetExpiry(1500 * time.Millisecond) }, 2 * time.Second, false},
		"instant":           {func(s *session.Session) { s.SetExpiryAt(time.Now().Add(time.Hour)) }, time.Hour, false},
		"browser close":     {func(s *session.Session) { s.ExpireAtBrowserClose() }, 14 * 24 * time.Hour, true},
		"zero":              {func(s *session.Session) { s.SetExpiry(0) }, 14 * 24 * time.Hour, true},
		"reset":             {func(s *session.Session) { s.SetExpiry(5); s.ResetExpiry() }, 14 * 24 * time.Hour, false},
		"very long":         {func(s *session.Session) { s.Set("_session_expiry", 1e300) }, 100 * 365 * 24 * time.Hour, false},
		"very long ago":     {func(s *session.Session) { s.Set("_session_expiry", -1e300) }, -100 * 365 * 24 * time.Hour, false},
		"unreadable":        {func(s *session.Session) { s.Set("_session_expiry", "soon") }, 14 * 24 * time.Hour, false},
		"of another type":   {func(s *session.Session) { s.Set("_session_expiry", []int{1}) }, 14 * 24 * time.Hour, false},
		"no number":         {func(s *session.Session) { s.Set("_session_expiry", nan()) }, 14 * 24 * time.Hour, false},
		"Python's True":     {func(s *session.Session) { s.Set("_session_expiry", true) }, time.Second, false},
		"Python's None":     {func(s *session.Session) { s.Set("_session_expiry", nil) }, 14 * 24 * time.Hour, false},
		"Python's False":    {func(s *session.Session) { s.Set("_session_expiry", false) }, 14 * 24 * time.Hour, true},
		"a negative second": {func(s *session.Session) { s.SetExpiry(-time.Second) }, -time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newSpy()
				m := noerror.In(session.New(store, &session.Options{Logger: quiet}))
				resp := request(m, "", func(w http.ResponseWriter, r *http.Request) {
					s := session.From(r)
					s.Set("a", 1)
					c.set(s)
					if got := s.ExpiryAge(); got != c.lives {
						t.Errorf("ExpiryAge is %v, want %v", got, c.lives)
					}
					if got := s.ExpiresAtBrowserClose(); got != c.browser {
						t.Errorf("ExpiresAtBrowserClose is %v, want %v", got, c.browser)
					}
				})
				if got := time.Until(store.records()[0].Expiry); got != c.lives {
					t.Errorf("the record lives %v, want %v", got, c.lives)
				}
				persistent := strings.Contains(resp.Header.Get("Set-Cookie"), "Max-Age=")
				if persistent == c.browser {
					t.Errorf("Set-Cookie: %s", resp.Header.Get("Set-Cookie"))
				}
			})
		})
	}
}

func nan() float64 { return math.NaN() }

// TestCookieLivesHoweverLongItsSession: the seconds of 68 years and more do not fit into
// the int of a system with 32 bits.
func TestCookieLivesHoweverLongItsSession(t *testing.T) {
	const century = 100 * 365 * 24 * time.Hour
	for name, m := range map[string]*session.Manager{
		"by the options": noerror.In(session.New(newSpy(), &session.Options{CookieAge: century})),
		"by the session": noerror.In(session.New(newSpy(), nil)),
	} {
		h := request(m, "", func(w http.ResponseWriter, r *http.Request) {
			s := session.From(r)
			if s.Set("a", 1); name == "by the session" {
				s.SetExpiry(century)
			}
		}).Header
		_, age, _ := strings.Cut(h.Get("Set-Cookie"), "; Max-Age=")
		age, _, _ = strings.Cut(age, ";")
		if seconds, err := strconv.ParseInt(age, 10, 64); err != nil || seconds < 68*365*24*60*60 {
			t.Errorf("%s: Max-Age=%s, %v", name, age, err)
		}
	}
}
