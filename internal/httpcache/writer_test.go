package httpcache_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/greedycache"
	"github.com/jamsession/jamsession/internal/httpcache"
)

// guarded is a handler inside a Writer.
func guarded(h func(w http.ResponseWriter, d *httpcache.Demand)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		g := &httpcache.Writer{ResponseWriter: w}
		defer g.End()
		h(g, &g.Demand)
	})
}

func TestWriterMeetsTheDemandHoweverTheResponseBegins(t *testing.T) {
	for name, begin := range map[string]func(w http.ResponseWriter){
		"not":         func(http.ResponseWriter) {},
		"WriteHeader": func(w http.ResponseWriter) { w.WriteHeader(http.StatusTeapot) },
		"Write":       func(w http.ResponseWriter) { _, _ = w.Write([]byte("x")) },
		"WriteString": func(w http.ResponseWriter) { _, _ = io.WriteString(w, "x") },
		"ReadFrom":    func(w http.ResponseWriter) { _, _ = io.Copy(w, strings.NewReader("x")) },
		"Flush":       func(w http.ResponseWriter) { w.(http.Flusher).Flush() },
		"FlushError":  func(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() },
		"hints":       func(w http.ResponseWriter) { w.WriteHeader(http.StatusEarlyHints) },
	} {
		server := httptest.NewServer(guarded(func(w http.ResponseWriter, d *httpcache.Demand) {
			d.Add(httpcache.Private)
			w.Header().Set("Cache-Control", "public, max-age=600")
			begin(w)
			d.Add(httpcache.NoStore) // too late, and harmless
		}))
		resp, err := http.Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		server.Close()
		if greedycache.MayStore(true, resp.Header) || resp.Header.Get("Vary") != "Cookie" {
			t.Errorf("%s: %v", name, resp.Header)
		}
	}
}

// TestWriterHijack: what the header says by then is strict, and it does not
// count as begun if there is nothing to hijack.
func TestWriterHijack(t *testing.T) {
	w := httptest.NewRecorder()
	guarded(func(w http.ResponseWriter, d *httpcache.Demand) {
		d.Add(httpcache.NoStore)
		if _, _, err := w.(http.Hijacker).Hijack(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("a recorder was hijacked: %v", err)
		}
		if w.(*httpcache.Writer).Begun() {
			t.Error("it counts as begun")
		}
		w.Header().Set("Cache-Control", "public")
	}).ServeHTTP(w, nil)
	if greedycache.MayStore(false, w.Header()) {
		t.Errorf("header %v", w.Header())
	}
	hijacked := &httpcache.Writer{ResponseWriter: hijackable{httptest.NewRecorder()}}
	hijacked.Add(httpcache.NoStore)
	if _, _, err := hijacked.Hijack(); err != nil || !hijacked.Begun() || hijacked.Header().Get("Cache-Control") == "" {
		t.Errorf("%v, begun %v, header %v", err, hijacked.Begun(), hijacked.Header())
	}
}

type hijackable struct{ http.ResponseWriter }

func (hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) { return nil, nil, nil }

// TestWithoutADemandNothingChanges: not even what contradicts itself.
func TestWithoutADemandNothingChanges(t *testing.T) {
	w := httptest.NewRecorder()
	guarded(func(w http.ResponseWriter, _ *httpcache.Demand) {
		w.Header().Set("Cache-Control", "public, private")
		w.Header().Set("Surrogate-Control", "max-age=9")
	}).ServeHTTP(w, nil)
	if h := w.Header(); len(h) != 2 || h.Get("Cache-Control") != "public, private" {
		t.Errorf("header %v", h)
	}
}

// TestNotModifiedIsAskedAboutAgain: the header of a 304 becomes part of what a
// cache has stored, a cookie in it as well.
func TestNotModifiedIsAskedAboutAgain(t *testing.T) {
	w := httptest.NewRecorder()
	guarded(func(w http.ResponseWriter, d *httpcache.Demand) {
		d.Add(httpcache.NoStore)
		w.WriteHeader(http.StatusNotModified)
	}).ServeHTTP(w, nil)
	if got := w.Header().Get("Cache-Control"); got != "private, no-store, no-cache" {
		t.Errorf("Cache-Control: %s", got)
	}
}

type carrier struct {
	context.Context
	*httpcache.Writer
}

func (c carrier) Value(key any) any {
	if v := c.Writer.Value(key); v != nil {
		return v
	}
	return c.Context.Value(key)
}

func TestDemandIsFoundInTheContext(t *testing.T) {
	unused := carrier{t.Context(), &httpcache.Writer{}}
	if httpcache.From(unused) != nil {
		t.Error("a writer that is not in use has a Demand")
	}
	httpcache.Note(unused, httpcache.NoStore) // without effect
	w := &httpcache.Writer{ResponseWriter: httptest.NewRecorder()}
	ctx := carrier{unused, w}
	if httpcache.From(ctx) != &w.Demand {
		t.Error("the Demand is not found")
	}
	httpcache.Require(ctx, w.Header(), httpcache.Private)
	if got := w.Header().Get("Cache-Control"); got != "private" {
		t.Errorf("now: %s", got)
	}
	w.Header().Set("Cache-Control", "public")
	if w.End(); w.Header().Get("Cache-Control") != "private" {
		t.Errorf("at the end: %v", w.Header())
	}
}
