package session_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

// TestShortSessionsSlideToo: a session that lives for less than the refresh
// interval of the others does not end while it is used.
func TestShortSessionsSlideToo(t *testing.T) {
	short := func(s *session.Session) { s.SetExpiry(5 * time.Minute) }
	for name, c := range map[string]struct {
		opts session.Options
		set  func(*session.Session)
	}{
		"every request":       {session.Options{SaveEveryRequest: true}, short},
		"idle":                {session.Options{IdleTimeout: time.Hour}, short},
		"idle and short age":  {session.Options{IdleTimeout: time.Hour, CookieAge: 5 * time.Minute}, func(*session.Session) {}},
		"a long own interval": {session.Options{IdleTimeout: 5 * time.Minute, RefreshInterval: time.Hour}, func(*session.Session) {}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := noerror.In(session.New(newSpy(), &c.opts))
				key := keyOf(request(m, "", func(_ http.ResponseWriter, r *http.Request) {
					session.From(r).Set("a", 1)
					c.set(session.From(r))
				}))
				for range 10 {
					time.Sleep(4 * time.Minute)
					if !alive(t, m, key) {
						t.Fatal("ended while it was used")
					}
				}
				time.Sleep(6 * time.Minute)
				if alive(t, m, key) {
					t.Error("outlived its age")
				}
			})
		})
	}
}

// TestExpiryThatHasPassed: a moment too late is too late.
func TestExpiryThatHasPassed(t *testing.T) {
	for name, set := range map[string]func(*session.Session){
		"a millisecond ago": func(s *session.Session) { s.SetExpiry(-time.Millisecond) },
		"a second ago":      func(s *session.Session) { s.SetExpiry(-time.Second) },
		"the zero time":     func(s *session.Session) { s.SetExpiryAt(time.Time{}) },
		"the year -5":       func(s *session.Session) { s.SetExpiryAt(time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC)) },
		"Python's first day": func(s *session.Session) {
			s.Set("_session_expiry", "0001-01-01T00:00:00+00:00")
		},
	} {
		m := noerror.In(session.New(newSpy(), &session.Options{Logger: quiet}))
		key := keyOf(request(m, "", func(_ http.ResponseWriter, r *http.Request) {
			session.From(r).Set("a", 1)
			set(session.From(r))
		}))
		if alive(t, m, key) {
			t.Errorf("%s: the session lives", name)
		}
	}
	m := noerror.In(session.New(newSpy(), &session.Options{Logger: quiet}))
	s := reloadNew(t, m)
	s.Set("_session_expiry", "9999-12-31T23:59:59+00:00")
	if age := s.ExpiryAge(); age > 101*365*24*time.Hour {
		t.Errorf("the year 9999: the session lives %v", age)
	}
	s.SetExpiryAt(time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC))
	if age := s.ExpiryAge(); age < 99*365*24*time.Hour {
		t.Errorf("the year 12026: the session lives %v", age)
	}
}

// TestClearDoesNotRenewTheAbsoluteLimit: the absolute limit counts from the first save.
func TestClearDoesNotRenewTheAbsoluteLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := noerror.In(session.New(newSpy(), &session.Options{AbsoluteTimeout: time.Hour}))
		key := login(m)
		for range 3 {
			time.Sleep(19 * time.Minute)
			request(m, key, func(_ http.ResponseWriter, r *http.Request) {
				session.From(r).Clear()
				session.From(r).Set("a", 1)
			})
		}
		if !alive(t, m, key) {
			t.Fatal("ended too soon")
		}
		time.Sleep(4 * time.Minute)
		if alive(t, m, key) {
			t.Error("Clear gave the session a new life")
		}
	})
}

// TestLogoutThatMeetsARotation: nobody is told of a logout while
// the session lives on under another key.
func TestLogoutThatMeetsARotation(t *testing.T) {
	m := noerror.In(session.New(newSpy(), nil))
	key := login(m)
	var rotated string
	resp := request(m, key, func(w http.ResponseWriter, r *http.Request) {
		session.From(r).Flush()
		rotated = keyOf(request(m, key, func(_ http.ResponseWriter, r *http.Request) {
			session.From(r).CycleKey()
		}))
		fmt.Fprint(w, "goodbye")
	})
	if resp.StatusCode != http.StatusBadRequest || strings.Contains(readAll(t, resp.Body), "goodbye") {
		t.Errorf("status %d", resp.StatusCode)
	}
	if !alive(t, m, rotated) {
		t.Error("the test needs a session that lives on")
	}
}

// TestLogoutThatMeetsAWriter: the writer's change does not save the session.
func TestLogoutThatMeetsAWriter(t *testing.T) {
	store := newSpy()
	m := noerror.In(session.New(store, nil))
	key := login(m)
	resp := request(m, key, func(_ http.ResponseWriter, r *http.Request) {
		session.From(r).Flush()
		request(m, key, func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("b", 1) })
	})
	if resp.StatusCode != http.StatusOK || len(store.records()) != 0 {
		t.Errorf("status %d, %d records", resp.StatusCode, len(store.records()))
	}
}

// TestFlushCountsBeforeAbort: what was flushed is deleted, even if the request
// is stopped.
func TestFlushCountsBeforeAbort(t *testing.T) {
	for name, recoverer := range map[string]func(){
		"raised": func() {},
		"swallowed": func() {
			_ = recover()
		},
	} {
		store := newSpy()
		m := noerror.In(session.New(store, &session.Options{Logger: quiet}))
		key := login(m)
		resp := request(m, key, func(_ http.ResponseWriter, r *http.Request) {
			defer recoverer()
			session.From(r).Flush()
			session.Abort(r, session.ErrUnavailable)
		})
		if resp.StatusCode != http.StatusServiceUnavailable || len(store.records()) != 0 {
			t.Errorf("%s: status %d, %d records", name, resp.StatusCode, len(store.records()))
		}
	}
}

// TestNewSessionAfterAnInterruption: what is set after the Flush is not taken
// for part of the session that was lost.
func TestNewSessionAfterAnInterruption(t *testing.T) {
	store := newSpy()
	m := noerror.In(session.New(store, nil))
	key := login(m)
	resp := request(m, key, func(_ http.ResponseWriter, r *http.Request) {
		s := session.From(r)
		s.Set("b", make(chan int)) // a failure is forgotten, too
		s.Flush()
		s.Set("a", 1)
	})
	if fresh := keyOf(resp); resp.StatusCode != 200 || !alive(t, m, fresh) || fresh == key {
		t.Errorf("status %d, headers %v", resp.StatusCode, resp.Header)
	}

	key = login(m)
	resp = request(m, key, func(_ http.ResponseWriter, r *http.Request) {
		s := session.From(r)
		s.Set("b", 1)
		if err := m.Delete(r.Context(), key); err != nil {
			t.Error(err)
		}
		if err := s.Save(r.Context()); !errors.Is(err, session.ErrInterrupted) {
			t.Errorf("Save returned %v", err)
		}
		s.Flush()
		if err := s.Save(r.Context()); err != nil { // nothing was moved, m has deleted it
			t.Errorf("Save after Flush returned %v", err)
		}
		s.Set("a", 1)
	})
	if fresh := keyOf(resp); !alive(t, m, fresh) {
		t.Errorf("status %d, headers %v", resp.StatusCode, resp.Header)
	}
}

// TestSetThatFailsIsNeverSilent, even for a visitor without a session.
func TestSetThatFailsIsNeverSilent(t *testing.T) {
	m := noerror.In(session.New(newSpy(), &session.Options{Logger: quiet}))
	resp := request(m, "", func(_ http.ResponseWriter, r *http.Request) {
		session.From(r).Set("x", make(chan int))
	})
	if resp.StatusCode != http.StatusInternalServerError {
		t.Errorf("status %d", resp.StatusCode)
	}
}

// TestSaveByHandSendsTheCookie: a handler that saves by itself keeps its
// visitor.
func TestSaveByHandSendsTheCookie(t *testing.T) {
	m := noerror.In(session.New(newSpy(), nil))
	resp := request(m, "", func(_ http.ResponseWriter, r *http.Request) {
		session.From(r).Set("a", 1)
		save(t, session.From(r))
	})
	if !alive(t, m, keyOf(resp)) {
		t.Errorf("headers %v", resp.Header)
	}
}

// TestOutageLeavesTheCookie: the page that a handler serves all the same says
// nothing of the session, and no cache takes it for everyone's.
func TestOutageLeavesTheCookie(t *testing.T) {
	store := newSpy()
	m := noerror.In(session.New(store, nil))
	key := login(m)
	store.breakOn("Load")
	resp := request(m, key, func(w http.ResponseWriter, r *http.Request) {
		_, _ = session.Load(r)
		fmt.Fprint(w, "page for all")
	})
	if len(resp.Header["Set-Cookie"]) > 0 || resp.Header.Get("Vary") != "Cookie" {
		t.Errorf("headers %v", resp.Header)
	}
}

// conflicting never lets a save through.
type conflicting struct{ *spyStore }

func (s conflicting) Save(_ context.Context, _, _ session.Record) error {
	_ = s.note("Save")
	return session.ErrConflict
}

// TestSaveGivesUp: a store that always finds a conflict does not hold a
// request forever.
func TestSaveGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := conflicting{newSpy()}
		mustCreate(t, store, session.Record{
			Key: validKey, Data: []byte("{}"), Expiry: time.Now().Add(time.Hour),
		})
		s := reload(t, noerror.In(session.New(store, nil)))
		s.Set("a", 1)
		if err := s.Save(t.Context()); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("Save returned %v", err)
		}
	})
}

// TestRefreshThatLostIsNotRepeated: one of two readers moves the expiry.
func TestRefreshThatLostIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newSpy()
		m := noerror.In(session.New(store, &session.Options{IdleTimeout: time.Hour}))
		key := login(m)
		time.Sleep(30 * time.Minute)
		request(m, key, func(_ http.ResponseWriter, r *http.Request) {
			session.Item[int]("a").Get(session.From(r), 0)
			request(m, key, func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("a", 2) })
		})
		saves := 0
		for _, call := range store.calls() {
			if call == "Save" {
				saves++
			}
		}
		if saves != 2 { // the inner one, and the outer one that met it
			t.Errorf("%d saves", saves)
		}
	})
}

func TestContextShowsNoSession(t *testing.T) {
	m := noerror.In(session.New(newSpy(), nil))
	key := login(m)
	request(m, key, func(_ http.ResponseWriter, r *http.Request) {
		s := session.From(r)
		s.Set("password", "hunter2")
		rec := session.Record{Key: key, Data: []byte("hunter2")}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%t", "%q"} {
			for _, value := range []any{r.Context(), s, rec, &rec} {
				text := fmt.Sprintf(verb, value)
				if strings.Contains(text, key) || strings.Contains(text, "hunter2") {
					t.Errorf("%s of a %T shows %s", verb, value, text)
				}
			}
		}
		var log strings.Builder
		textLogger(&log).Info("x", "context", r.Context(), "session", s, "record", rec)
		if text := log.String(); strings.Contains(text, key) || strings.Contains(text, "hunter2") {
			t.Errorf("slog shows %s", text)
		}
	})
}

// TestUpdateMeetsASave: another goroutine may save, and so repeat the update,
// while the handler gets its result.
func TestUpdateMeetsASave(t *testing.T) {
	for range 200 {
		s, m, _ := load(t, `{"n":0}`)
		other := reload(t, m)
		other.Set("other", 1)
		save(t, other)
		done := make(chan error)
		updated := make(chan struct{})
		go func() {
			<-updated
			done <- s.Save(t.Context())
		}()
		got := session.Item[int]("n").Update(s, 0, func(n int) int {
			select {
			case <-updated:
			default:
				close(updated)
			}
			return n + 1
		})
		if err := <-done; err != nil || got != 1 {
			t.Fatalf("got %d, %v", got, err)
		}
	}
}
