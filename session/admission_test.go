package session_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
)

// newcomers is a manager that lets in no new visitors.
func newcomers(t *testing.T, log *bytes.Buffer) (*session.Manager, *spyStore, *int) {
	t.Helper()
	store, asked := newSpy(), new(int)
	o := &session.Options{
		MayCreate: func(r *http.Request) bool { *asked++; return r.Header.Get("X-Friend") != "" },
		Logger:    slog.New(slog.NewTextHandler(log, nil)),
	}
	return noerror.In(session.New(store, o)), store, asked
}

func befriended(r *http.Request) *http.Request {
	r.Header.Set("X-Friend", "yes")
	return r
}

// TestRefusedSessionIsNotKept: the page is shown all the same.
func TestRefusedSessionIsNotKept(t *testing.T) {
	m, store, asked := newcomers(t, new(bytes.Buffer))
	resp := request(m, "", func(w http.ResponseWriter, r *http.Request) {
		if n := session.Item[int]("n").Update(session.From(r), 0, func(n int) int { return n + 1 }); n != 1 {
			t.Errorf("visit %d", n)
		}
		_, _ = w.Write([]byte("page"))
	})
	if resp.StatusCode != http.StatusOK || len(resp.Cookies()) > 0 || len(store.records()) > 0 || *asked != 1 {
		t.Errorf("%s, cookies %v, %d records, asked %d times", resp.Status, resp.Cookies(), len(store.records()), *asked)
	}
	if got := resp.Header.Get("Cache-Control"); !strings.Contains(got, "no-store") {
		t.Errorf("Cache-Control: %q", got)
	}
}

// TestOnlyNewVisitorsAreAskedAbout: a visitor who has a session, or gains
// rights, is let through, whatever becomes of the session.
func TestOnlyNewVisitorsAreAskedAbout(t *testing.T) {
	for name, do := range map[string]func(s *session.Session){
		"changes it":         func(s *session.Session) { s.Set("n", 2) },
		"leaves it":          func(s *session.Session) { s.Flush(); s.Set("message", "bye") },
		"gets a new key":     (*session.Session).CycleKey,
		"logs in over it":    func(s *session.Session) { s.Flush(); s.CycleKey(); s.Set("_auth_user_id", "1") },
		"looks at it":        func(s *session.Session) { s.Names() },
		"saves explicitly":   func(s *session.Session) { s.Set("n", 3); _ = s.Save(t.Context()) },
		"has nothing to say": func(*session.Session) {},
	} {
		m, store, asked := newcomers(t, new(bytes.Buffer))
		w := httptest.NewRecorder()
		m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("n", 1) })).
			ServeHTTP(w, befriended(httptest.NewRequest("GET", "/", nil)))
		*asked = 0
		request(m, keyOf(w.Result()), func(_ http.ResponseWriter, r *http.Request) { do(session.From(r)) })
		if *asked != 0 || len(store.records()) != 1 {
			t.Errorf("who %s: asked %d times, %d records", name, *asked, len(store.records()))
		}
	}
	m, store, asked := newcomers(t, new(bytes.Buffer))
	request(m, "", func(_ http.ResponseWriter, r *http.Request) {
		session.From(r).CycleKey()
		session.From(r).Set("_auth_user_id", "1")
	})
	if *asked != 0 || len(store.records()) != 1 {
		t.Errorf("login: asked %d times, %d records", *asked, len(store.records()))
	}
	s, err := m.ByKey(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	s.Set("n", 1)
	if err := s.Save(t.Context()); err != nil || *asked != 0 {
		t.Errorf("a program: %v, asked %d times", err, *asked)
	}
}

// TestKeyOfNoSessionIsNew: a made-up cookie does not help.
func TestKeyOfNoSessionIsNew(t *testing.T) {
	m, store, asked := newcomers(t, new(bytes.Buffer))
	request(m, validKey, func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("n", 1) })
	if *asked != 1 || len(store.records()) > 0 {
		t.Errorf("asked %d times, %d records", *asked, len(store.records()))
	}
}

func TestSaveTellsOfARefusal(t *testing.T) {
	var log bytes.Buffer
	m, store, _ := newcomers(t, &log)
	resp := request(m, "", func(_ http.ResponseWriter, r *http.Request) {
		s := session.From(r)
		s.Set("n", 1)
		err := s.Save(r.Context())
		if !errors.Is(err, session.ErrRefused) {
			t.Errorf("Save: %v", err)
		}
		session.Abort(r, err)
	})
	if resp.StatusCode != http.StatusTooManyRequests || len(store.records()) > 0 {
		t.Errorf("%s, %d records", resp.Status, len(store.records()))
	}
}

// TestRefusalsAreToldOnceAMinute, with how many there were.
func TestRefusalsAreToldOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		m, _, _ := newcomers(t, &log)
		for range 200 {
			request(m, "", func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("n", 1) })
			time.Sleep(time.Second)
		}
		if n := strings.Count(log.String(), "not stored"); n != 4 || !strings.Contains(log.String(), "refused=60") {
			t.Errorf("%d lines:\n%s", n, log.String())
		}
	})
}
