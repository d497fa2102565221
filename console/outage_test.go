package console_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jamsession/jamsession/console"
	"github.com/jamsession/jamsession/session"
)

// A moody store answers, fails, or takes its time.
type moody struct {
	session.Store
	fails, hangs atomic.Bool
}

func (m *moody) Load(ctx context.Context, key string) (session.Record, error) {
	if m.fails.Load() {
		return session.Record{}, errors.New("connection refused by 192.0.2.1")
	}
	return m.Store.Load(ctx, key)
}

func (m *moody) List(ctx context.Context) iter.Seq2[session.Record, error] {
	return func(yield func(session.Record, error) bool) {
		for rec, err := range session.List(ctx, m.Store) {
			if m.fails.Load() {
				yield(session.Record{}, errors.New("connection refused by 192.0.2.1"))
				return
			}
			if !yield(rec, err) {
				return
			}
			if m.hangs.Load() {
				<-ctx.Done()
				yield(session.Record{}, ctx.Err())
				return
			}
		}
	}
}

// TestStoreIsDown: the console says so on each page that needs it, names no server, and is
// what it was when the store is back.
func TestStoreIsDown(t *testing.T) {
	p := open(t, nil, nil, nil)
	v, bob := p.visitor(t, "admin"), p.visitor(t, "bob")
	at := v.sessionOf(bob)
	m := &moody{Store: p.Store}
	p.Site.Store = m // what pages ask; the manager of sessions lets the viewer in
	m.fails.Store(true)
	for _, path := range []string{"/sessions/", at} {
		got := v.get(prefix + path)
		if got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, "could not be read") ||
			strings.Contains(got.body, "192.0.2.1") || !strings.Contains(got.body, "Overview") {
			t.Errorf("%s: %d\n%s", path, got.status, got.body)
		}
	}
	if got := v.post(at + "end/"); got.status != http.StatusServiceUnavailable || bob.get("/who").body != "bob" {
		t.Errorf("end: status %d", got.status)
	}
	for _, path := range []string{"/", "/users/", "/limits/?name=bob", "/settings/"} {
		v.page(path)
	}
	m.fails.Store(false)
	v.page("/sessions/")
}

// TestTablesAreGone: what is left of a page is shown.
func TestTablesAreGone(t *testing.T) {
	p := open(t, nil, nil, nil)
	v := p.visitor(t, "admin")
	if _, err := p.Database.DB.ExecContext(t.Context(), "ALTER TABLE jamsession_throttle RENAME TO gone"); err != nil {
		t.Fatal(err)
	}
	got := v.get(prefix + "/users/" + p.ids["bob"] + "/")
	if got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, "The limits could not be read") ||
		!strings.Contains(got.body, "Logged in nowhere.") {
		t.Errorf("%d\n%s", got.status, got.body)
	}
	if got := v.get(prefix + "/limits/?name=bob"); got.status != http.StatusServiceUnavailable {
		t.Errorf("limits: %d", got.status)
	}
	if err := p.Close(); err != nil {
		t.Log(err)
	}
	if got := v.get(prefix + "/"); got.status != http.StatusServiceUnavailable {
		t.Errorf("everything is closed: %d", got.status)
	}
}

// TestListHasABudget, and says how far it came.
func TestListHasABudget(t *testing.T) {
	p := open(t, nil, nil, nil)
	v := p.visitor(t, "admin")
	m := &moody{Store: p.Store}
	m.hangs.Store(true)
	p.Site.Store = m
	p.console.SetBudget(100 * time.Millisecond)
	body := v.page("/sessions/")
	if !strings.Contains(body, "Not all were looked at") || !strings.Contains(body, "Go on") {
		t.Errorf("the page says:\n%s", body)
	}
}

// TestStream tells a page of changes, is for twenty pages at most, and ends with the console.
func TestStream(t *testing.T) {
	p := open(t, nil, nil, nil)
	if got := p.visitor(t, "bob").get(prefix + "/events"); got.status != http.StatusNotFound {
		t.Errorf("bob gets %d", got.status)
	}
	v := p.visitor(t, "reader")
	var streams []*bufio.Reader
	for range console.MostStreams {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+prefix+"/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := v.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if kind := resp.Header.Get("Content-Type"); kind != "text/event-stream" || resp.StatusCode != http.StatusOK {
			t.Fatalf("%d %s", resp.StatusCode, kind)
		}
		streams = append(streams, bufio.NewReader(resp.Body))
	}
	if got := v.get(prefix + "/events"); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		t.Errorf("one more: status %d", got.status)
	}
	for _, s := range streams {
		if line, err := s.ReadString('\n'); line != "event: change\n" || err != nil {
			t.Fatalf("%q, %v", line, err)
		}
	}
	p.console.Close()
	for _, s := range streams {
		if _, err := s.ReadString(0); err == nil {
			t.Error("the stream goes on")
		}
	}
}

// TestStreamEndsWithTheLogin: the page is told, and looks whether it may still be there.
func TestStreamEndsWithTheLogin(t *testing.T) {
	p := open(t, nil, nil, nil)
	v := p.visitor(t, "reader")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+prefix+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := v.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewReader(resp.Body)
	if line, err := lines.ReadString('\n'); line != "event: change\n" {
		t.Fatalf("%q, %v", line, err)
	}
	if _, err := p.Devices().EndAll(t.Context(), p.ids["reader"]); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(lines)
	if err != nil || !strings.HasSuffix(string(rest), "event: ended\ndata: \n\n") {
		t.Errorf("the stream goes on with %q, %v", rest, err)
	}
	if got := v.get(prefix + "/events"); got.status != http.StatusNotFound {
		t.Errorf("another stream: status %d", got.status)
	}
}

// TestStreamOutlivesTheWriteTimeout of the server, as long as the page takes what is sent, and tells
// of an action.
func TestStreamOutlivesTheWriteTimeout(t *testing.T) {
	p := open(t, nil, nil, nil)
	const timeout = 150 * time.Millisecond
	p.console.SetTick(2 * timeout)
	server := httptest.NewUnstartedServer(p.Handler(http.StripPrefix(prefix, p.console)))
	server.Config.WriteTimeout = timeout
	server.Start()
	defer server.Close()
	defer p.console.Close()
	v := p.visitor(t, "admin")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+prefix+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := v.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewReader(resp.Body)
	for range 2 {
		for _, want := range []string{"event: change\n", "data: \n", "\n"} {
			if line, err := lines.ReadString('\n'); line != want || err != nil {
				t.Fatalf("%q, %v; want %q", line, err, want)
			}
		}
		v.acts("/limits/lift/", "name", "bob")
	}
}
