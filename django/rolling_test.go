package django_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

const newKey = "the next secret of this test"

// A deploy is two processes of a site on one store, in the middle of a deploy.
type deploy struct {
	*testing.T
	store session.Store
}

func (d deploy) process(o session.Options, key string, fallbacks ...string) *session.Manager {
	o.Codec = noerror.In(django.Signed(secrettest.Keys(key, fallbacks...)))
	o.Logger = slog.New(slog.DiscardHandler)
	return noerror.In(session.New(d.store, &o))
}

// visit sends a request with a key, and returns the key of the answer, or "".
func (d deploy) visit(m *session.Manager, key string, h func(r *http.Request)) (status int, sent string) {
	r := httptest.NewRequest("GET", "https://example.com/", nil)
	if key != "" {
		r.Header.Set("Cookie", "sessionid="+key)
	}
	w := httptest.NewRecorder()
	m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { h(r) })).ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		sent = c.Value
	}
	return w.Code, sent
}

func (d deploy) data(key string) string {
	d.Helper()
	rec, err := d.store.Load(d.Context(), key)
	if err != nil {
		d.Errorf("the session is gone: %v", err)
	}
	return string(rec.Data)
}

// TestSessionsOfANewerKeyAreNotOverwritten: a process that does not have the key yet cannot
// verify them, and they are sound.
func TestSessionsOfANewerKeyAreNotOverwritten(t *testing.T) {
	for _, o := range []session.Options{
		{},
		{SaveEveryRequest: true, RefreshInterval: -1},
		{IdleTimeout: time.Hour, RefreshInterval: -1},
		{AbsoluteTimeout: time.Hour},
	} {
		d := deploy{t, memstore.New()}
		after, before := d.process(o, newKey, siteKey), d.process(o, siteKey)
		_, key := d.visit(after, "", func(r *http.Request) { session.From(r).Set("user", "john_doe") })
		sound := d.data(key)

		status, sent := d.visit(before, key, func(r *http.Request) {
			if session.From(r).Has("user") {
				t.Error("a session of an unknown key was believed")
			}
		})
		if status != 200 || sent != "" || d.data(key) != sound {
			t.Errorf("%+v: a reader: %d, cookie %q", o, status, sent)
		}
		status, sent = d.visit(before, key, func(r *http.Request) { session.From(r).Set("seen", 1) })
		if status != 200 || sent == "" || sent == key || d.data(key) != sound {
			t.Errorf("%+v: a writer: %d, another key: %t", o, status, sent != key)
		}
		status, sent = d.visit(before, key, func(r *http.Request) { session.From(r).CycleKey() })
		if status != 200 || sent == "" || sent == key || d.data(key) != sound {
			t.Errorf("%+v: a login: %d, another key: %t", o, status, sent != key)
		}
		d.visit(after, key, func(r *http.Request) {
			if session.Item[string]("user").Get(session.From(r), "") != "john_doe" {
				t.Errorf("%+v: the session is lost", o)
			}
		})
		d.visit(before, key, func(r *http.Request) { session.From(r).Flush() })
		if _, err := d.store.Load(t.Context(), key); err == nil {
			t.Errorf("%+v: a logout did not end it", o)
		}
	}
}

// TestReplayDoesNotOverwriteANewerKey: the session was readable when the request began,
// and a newer process has saved it since.
func TestReplayDoesNotOverwriteANewerKey(t *testing.T) {
	d := deploy{t, memstore.New()}
	after, before := d.process(session.Options{}, newKey, siteKey), d.process(session.Options{}, siteKey)
	_, key := d.visit(before, "", func(r *http.Request) { session.From(r).Set("a", 1) })
	var sound string
	status, sent := d.visit(before, key, func(r *http.Request) {
		session.From(r).Set("b", 2)
		d.visit(after, key, func(r *http.Request) { session.From(r).Set("c", 3) })
		sound = d.data(key)
	})
	if status != http.StatusServiceUnavailable || sent != "" || d.data(key) != sound {
		t.Errorf("%d, cookie %q, unchanged %t", status, sent, d.data(key) == sound)
	}
}

// TestKeyIsAFallbackFirst: in the order of SECURITY.md, every process reads the sessions of
// every other at each moment.
func TestKeyIsAFallbackFirst(t *testing.T) {
	steps := [][]string{{siteKey}, {siteKey, newKey}, {newKey, siteKey}, {newKey}}
	for i, older := range steps[:2] {
		d := deploy{t, memstore.New()}
		both := []*session.Manager{
			d.process(session.Options{}, older[0], older[1:]...),
			d.process(session.Options{}, steps[i+1][0], steps[i+1][1:]...),
		}
		_, key := d.visit(both[0], "", func(r *http.Request) { session.From(r).Set("n", 0) })
		for n := range 10 {
			d.visit(both[n%2], key, func(r *http.Request) {
				session.Item[int]("n").Update(session.From(r), 0, func(n int) int { return n + 1 })
			})
		}
		d.visit(both[0], key, func(r *http.Request) {
			if n := session.Item[int]("n").Get(session.From(r), 0); n != 10 {
				t.Errorf("step %d: %d of 10 changes are there", i, n)
			}
		})
	}
}
