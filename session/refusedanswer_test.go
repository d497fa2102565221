package session_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

// A refusedAnswer is a server whose http.TimeoutHandler answers in place of the manager.
type refusedAnswer struct {
	*httptest.Server
	done chan struct{} // the handler has returned
}

// refuse starts one whose handler does work, which must wait for the timeout somewhere.
func refuse(t *testing.T, m *session.Manager, work func(w http.ResponseWriter, r *http.Request)) refusedAnswer {
	t.Helper()
	done := make(chan struct{}, 1)
	inner := m.Handler(http.HandlerFunc(work))
	watched := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { done <- struct{}{} }()
		inner.ServeHTTP(w, r)
	})
	s := refusedAnswer{httptest.NewServer(http.TimeoutHandler(watched, 20*time.Millisecond, "too slow")), done}
	t.Cleanup(s.Close)
	return s
}

// visit sends the key, waits until the handler has returned, and returns the answer.
func (s refusedAnswer) visit(t *testing.T, key string) *http.Response {
	t.Helper()
	r, _ := http.NewRequest("POST", s.URL, nil)
	if key != "" {
		r.Header.Set("Cookie", "sessionid="+key)
	}
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	<-s.done
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header["Set-Cookie"] != nil {
		t.Errorf("%s %v", resp.Status, resp.Header)
	}
	return resp
}

// TestRotationIsTakenBackIfItsAnswerIsRefused: an http.TimeoutHandler around the manager
// has answered, so that the visitor has only the old key. It opens what it opened before,
// and the key that nobody was told opens nothing.
func TestRotationIsTakenBackIfItsAnswerIsRefused(t *testing.T) {
	login := func(r *http.Request) {
		s := session.From(r)
		s.CycleKey()
		s.Set("user", "john_doe")
	}
	late := func(r *http.Request) { <-r.Context().Done() }
	for name, work := range map[string]func(w http.ResponseWriter, r *http.Request){
		"before the save": func(w http.ResponseWriter, r *http.Request) {
			login(r)
			late(r)
			fmt.Fprint(w, "welcome")
		},
		"before the save of an empty page": func(_ http.ResponseWriter, r *http.Request) {
			login(r)
			late(r)
		},
		"after a body": func(w http.ResponseWriter, r *http.Request) {
			login(r)
			fmt.Fprint(w, "welcome")
			late(r)
		},
		"between two parts": func(w http.ResponseWriter, r *http.Request) {
			login(r)
			_, _ = io.WriteString(w, "wel")
			late(r)
			_, _ = w.Write([]byte("come"))
		},
		"after a redirect": func(w http.ResponseWriter, r *http.Request) {
			login(r)
			http.Redirect(w, r, "/", http.StatusSeeOther)
			late(r)
		},
		"after a Save": func(w http.ResponseWriter, r *http.Request) {
			login(r)
			if err := session.From(r).Save(r.Context()); err != nil {
				t.Error(err)
			}
			fmt.Fprint(w, "welcome")
			late(r)
		},
		"after a Save, of an empty page": func(_ http.ResponseWriter, r *http.Request) {
			login(r)
			if err := session.From(r).Save(r.Context()); err != nil {
				t.Error(err)
			}
			late(r)
		},
		"after a Save, and an Abort": func(_ http.ResponseWriter, r *http.Request) {
			login(r)
			if err := session.From(r).Save(r.Context()); err != nil {
				t.Error(err)
			}
			late(r)
			session.Abort(r, io.ErrUnexpectedEOF)
		},
		"after a Save, and what cannot be set": func(_ http.ResponseWriter, r *http.Request) {
			login(r)
			if err := session.From(r).Save(r.Context()); err != nil {
				t.Error(err)
			}
			late(r)
			session.From(r).Set("b", func() {})
		},
		"and a panic": func(w http.ResponseWriter, r *http.Request) {
			login(r)
			fmt.Fprint(w, "welcome")
			late(r)
			panic(http.ErrAbortHandler)
		},
	} {
		for _, o := range []session.Options{{}, {HashKeys: true}, {SaveEveryRequest: true}} {
			var log bytes.Buffer
			o.Logger = textLogger(&log)
			store := newSpy()
			m := noerror.In(session.New(store, &o))
			key := keyOf(request(m, "", func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("cart", 3) }))
			refuse(t, m, work).visit(t, key)
			var items []string
			request(m, key, func(_ http.ResponseWriter, r *http.Request) { items = session.From(r).Names() })
			if fmt.Sprint(items) != "[cart]" || len(store.records()) != 1 {
				t.Errorf("%s: the old key opens %v; %d records; logged %s", name, items, len(store.records()), &log)
			}
			if keyOf(request(m, key, rotate)) == "" {
				t.Errorf("%s: the next login fails", name)
			}
		}
	}
}

// TestNewSessionIsTakenBackIfItsAnswerIsRefused: nobody has its key.
func TestNewSessionIsTakenBackIfItsAnswerIsRefused(t *testing.T) {
	for name, work := range map[string]func(w http.ResponseWriter, r *http.Request){
		"before the save": func(_ http.ResponseWriter, r *http.Request) {
			session.From(r).Set("a", 1)
			<-r.Context().Done()
		},
		"after it": func(w http.ResponseWriter, r *http.Request) {
			session.From(r).Set("a", 1)
			fmt.Fprint(w, "page")
			<-r.Context().Done()
		},
	} {
		store := newSpy()
		m := noerror.In(session.New(store, &session.Options{Logger: quiet}))
		refuse(t, m, work).visit(t, "")
		if n := len(store.records()); n != 0 {
			t.Errorf("%s: %d records", name, n)
		}
	}
}

// TestChangesAndLogoutsCountAlthoughTheAnswerIsRefused: they need no new key.
func TestChangesAndLogoutsCountAlthoughTheAnswerIsRefused(t *testing.T) {
	for _, answerFirst := range []bool{false, true} {
		for name, c := range map[string]struct {
			work func(s *session.Session)
			want string
		}{
			"change": {func(s *session.Session) { s.Set("a", 2) }, "2"},
			"logout": {func(s *session.Session) { s.Flush() }, "0"},
		} {
			m := noerror.In(session.New(memstore.New(), &session.Options{Logger: quiet}))
			key := login(m)
			refuse(t, m, func(w http.ResponseWriter, r *http.Request) {
				c.work(session.From(r))
				if answerFirst {
					fmt.Fprint(w, "page")
				}
				<-r.Context().Done()
			}).visit(t, key)
			if got := readAll(t, request(m, key, reading).Body); got != c.want {
				t.Errorf("%s, answered first %t: %s, want %s", name, answerFirst, got, c.want)
			}
		}
	}
}

// TestTimeoutHandlerInsideTheManager is the other order: the answer is the manager's, and
// tells the visitor whatever was saved.
func TestTimeoutHandlerInsideTheManager(t *testing.T) {
	m := noerror.In(session.New(memstore.New(), &session.Options{Logger: quiet}))
	key := login(m)
	server := httptest.NewServer(m.Handler(http.TimeoutHandler(http.HandlerFunc(
		func(_ http.ResponseWriter, r *http.Request) {
			session.From(r).CycleKey()
			<-r.Context().Done()
		}), time.Millisecond, "too slow")))
	defer server.Close()
	r, _ := http.NewRequest("POST", server.URL, nil)
	r.Header.Set("Cookie", "sessionid="+key)
	resp, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable || !alive(t, m, key) {
		t.Errorf("%s; the old key opens its session: %t", resp.Status, alive(t, m, key))
	}
}

// TestVisitorWhoLeftKeepsTheOldKey: the answer with a new one cannot reach them.
func TestVisitorWhoLeftKeepsTheOldKey(t *testing.T) {
	m := noerror.In(session.New(memstore.New(), &session.Options{Logger: quiet}))
	key := login(m)
	ctx, leave := context.WithCancel(t.Context())
	r := httptest.NewRequestWithContext(ctx, "POST", "/", nil)
	r.Header.Set("Cookie", "sessionid="+key)
	w := httptest.NewRecorder()
	m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		session.From(r).CycleKey()
		leave()
	})).ServeHTTP(w, r)
	if !alive(t, m, key) || strings.Contains(w.Header().Get("Set-Cookie"), "sessionid") {
		t.Errorf("the old key opens its session: %t; %v", alive(t, m, key), w.Header())
	}
}

// TestTakingBackThatFailsIsLogged, and leaves the session under its new key.
func TestTakingBackThatFailsIsLogged(t *testing.T) {
	var log bytes.Buffer
	store := newSpy()
	m := noerror.In(session.New(store, &session.Options{Logger: textLogger(&log)}))
	key := login(m)
	refuse(t, m, func(w http.ResponseWriter, r *http.Request) {
		session.From(r).CycleKey()
		fmt.Fprint(w, "page")
		store.breakOn("Save")
		<-r.Context().Done()
	}).visit(t, key)
	if len(store.records()) != 1 || !strings.Contains(log.String(), "could not be taken back") {
		t.Errorf("%d records, logged %s", len(store.records()), &log)
	}
}

// TestFlushedSessionIsNotTakenBack, although its key was moved in the same request: a
// logout stays a logout.
func TestFlushedSessionIsNotTakenBack(t *testing.T) {
	for name, after := range map[string]func(s *session.Session){
		"nothing":  func(*session.Session) {},
		"a change": func(s *session.Session) { s.Set("goodbye", true) },
		"a key":    func(s *session.Session) { s.CycleKey() },
	} {
		store := newSpy()
		m := noerror.In(session.New(store, &session.Options{Logger: quiet}))
		key := login(m)
		refuse(t, m, func(w http.ResponseWriter, r *http.Request) {
			s := session.From(r)
			s.CycleKey()
			if err := s.Save(r.Context()); err != nil {
				t.Error(err)
			}
			s.Flush()
			after(s)
			fmt.Fprint(w, "page")
			<-r.Context().Done()
		}).visit(t, key)
		if alive(t, m, key) || len(store.records()) != 0 {
			t.Errorf("%s: the flushed session is back: %t; %d records", name, alive(t, m, key), len(store.records()))
		}
	}
}

// A brokenSource fails as the body of a request that was canceled does, after a part.
type brokenSource struct{ io.Reader }

func (s brokenSource) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil {
		err = context.Canceled
	}
	return n, err
}

// TestSourceThatFailsTakesNothingBack: the header with the new key has left.
func TestSourceThatFailsTakesNothingBack(t *testing.T) {
	m := noerror.In(session.New(newSpy(), &session.Options{Logger: quiet}))
	key := login(m)
	server := httptest.NewServer(m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session.From(r).CycleKey()
		_, _ = io.Copy(w, brokenSource{strings.NewReader("a part")})
	})))
	defer server.Close()
	r, _ := http.NewRequest("POST", server.URL, nil)
	r.Header.Set("Cookie", "sessionid="+key)
	resp := noerror.In(server.Client().Do(r))
	_ = resp.Body.Close()
	if !alive(t, m, keyOf(resp)) || alive(t, m, key) {
		t.Errorf("the new key is alive: %t, and the old: %t", alive(t, m, keyOf(resp)), alive(t, m, key))
	}
}

// TestMiddlewareAroundStillAnswers if the handler has written nothing: nobody has sent the
// header meanwhile to find out whether somebody would refuse it.
func TestMiddlewareAroundStillAnswers(t *testing.T) {
	for name, limit := range map[string]time.Duration{"no limit": 0, "a limit": time.Hour} {
		m := noerror.In(session.New(newSpy(), &session.Options{Logger: quiet}))
		inside := m.Handler(setName("x"))
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if limit > 0 {
				ctx, cancel := context.WithTimeout(r.Context(), limit)
				defer cancel()
				r = r.WithContext(ctx)
			}
			inside.ServeHTTP(w, r)
			w.WriteHeader(http.StatusTeapot)
		}))
		resp := noerror.In(server.Client().Get(server.URL))
		_ = resp.Body.Close()
		server.Close()
		if resp.StatusCode != http.StatusTeapot || keyOf(resp) == "" {
			t.Errorf("%s: %s, %v", name, resp.Status, resp.Header)
		}
	}
}

// A vagueStore does not know when its records end, as a cache that another program fills.
type vagueStore struct{ session.Store }

func (s vagueStore) Load(ctx context.Context, key string) (session.Record, error) {
	rec, err := s.Store.Load(ctx, key)
	rec.Expiry = time.Time{}
	return rec, err
}

// TestSessionOfUnknownExpiryIsTakenBack, and does not end by that.
func TestSessionOfUnknownExpiryIsTakenBack(t *testing.T) {
	m := noerror.In(session.New(vagueStore{newSpy()}, &session.Options{Logger: quiet}))
	key := login(m)
	refuse(t, m, func(w http.ResponseWriter, r *http.Request) {
		session.From(r).CycleKey()
		fmt.Fprint(w, "page")
		<-r.Context().Done()
	}).visit(t, key)
	if !alive(t, m, key) {
		t.Error("the visitor is out")
	}
}
