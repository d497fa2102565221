package session_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/writertest"
	"github.com/jamsession/jamsession/memstore"
	"github.com/jamsession/jamsession/session"
)

func readAll(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// serve starts a real server and gets its page once, without a cookie.
func serve(t *testing.T, m *session.Manager, h http.HandlerFunc) (*http.Response, error) {
	t.Helper()
	server := httptest.NewUnstartedServer(m.Handler(h))
	server.Config.ErrorLog = nil
	server.Start()
	t.Cleanup(server.Close)
	resp, err := server.Client().Get(server.URL)
	if err == nil {
		t.Cleanup(func() { resp.Body.Close() })
	}
	return resp, err
}

func TestStreamCarriesTheCookie(t *testing.T) {
	next := make(chan struct{})
	m := noerror.In(session.New(memstore.New(), nil))
	resp, err := serve(t, m, func(w http.ResponseWriter, r *http.Request) {
		session.From(r).Set("a", 1)
		for i := range 3 {
			fmt.Fprintf(w, "part %d\n", i)
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			<-next
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if keyOf(resp) == "" {
		t.Error("no cookie")
	}
	lines := bufio.NewScanner(resp.Body)
	for i := range 3 { // each part arrives while the handler waits
		if !lines.Scan() || lines.Text() != fmt.Sprintf("part %d", i) {
			t.Fatalf("part %d: got %q", i, lines.Text())
		}
		next <- struct{}{}
	}
}

func TestFlushBeforeTheFirstWriteCarriesTheCookie(t *testing.T) {
	for name, flush := range map[string]func(w http.ResponseWriter) error{
		"ResponseController": func(w http.ResponseWriter) error { return http.NewResponseController(w).Flush() },
		"http.Flusher": func(w http.ResponseWriter) error {
			w.(http.Flusher).Flush()
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			done := make(chan struct{})
			m := noerror.In(session.New(memstore.New(), nil))
			resp, err := serve(t, m, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/event-stream")
				session.From(r).Set("a", 1)
				if err := flush(w); err != nil {
					t.Error(err)
				}
				<-done
				fmt.Fprint(w, "data: 1\n\n")
			})
			close(done)
			if err != nil {
				t.Fatal(err)
			}
			if keyOf(resp) == "" {
				t.Error("the headers left without the cookie")
			}
			if body := readAll(t, resp.Body); body != "data: 1\n\n" {
				t.Errorf("body %q", body)
			}
		})
	}
}

func TestEarlyHintsAreNotTheResponse(t *testing.T) {
	m := noerror.In(session.New(memstore.New(), nil))
	server := httptest.NewServer(m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		session.From(r).Set("a", 1)
		fmt.Fprint(w, "page")
	})))
	defer server.Close()
	var hints int
	req, _ := http.NewRequest("GET", server.URL, nil)
	req = req.WithContext(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
			hints++
			if code != http.StatusEarlyHints || h.Get("Set-Cookie") != "" {
				t.Errorf("hint %d with %v", code, h)
			}
			return nil
		},
	}))
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if hints != 1 || resp.StatusCode != 200 || keyOf(resp) == "" {
		t.Errorf("%d hints, status %d, cookie %v", hints, resp.StatusCode, keyOf(resp) != "")
	}
}

func TestHijackSavesFirst(t *testing.T) {
	store := newSpy()
	m := noerror.In(session.New(store, nil))
	server := httptest.NewServer(m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session.From(r).Set("a", 1)
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		if len(store.records()) != 1 {
			t.Error("not saved before the connection was handed over")
		}
		fmt.Fprint(rw, "HTTP/1.1 101 Switching Protocols\r\nSet-Cookie: "+
			w.Header().Get("Set-Cookie")+"\r\n\r\nraw")
		rw.Flush()
	})))
	defer server.Close()
	resp, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusSwitchingProtocols || keyOf(resp) == "" {
		t.Errorf("status %d, headers %v", resp.StatusCode, resp.Header)
	}
}

func TestHijackFailsIfTheSaveDoes(t *testing.T) {
	store := newSpy()
	store.breakOn("Create")
	m := noerror.In(session.New(store, &session.Options{Logger: quiet}))
	resp, err := serve(t, m, func(w http.ResponseWriter, r *http.Request) {
		session.From(r).Set("a", 1)
		if _, _, err := http.NewResponseController(w).Hijack(); !errors.Is(err, session.ErrUnavailable) {
			t.Errorf("Hijack returned %v", err)
		}
	})
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("got %v, %v", resp, err)
	}
}

// TestUnsupportedCallsDoNotBeginTheResponse: a writer that can neither flush nor
// hijack has sent nothing, so that the session can still be new.
func TestUnsupportedCallsDoNotBeginTheResponse(t *testing.T) {
	for name, try := range map[string]func(w http.ResponseWriter) error{
		"Flush": func(w http.ResponseWriter) error { return http.NewResponseController(w).Flush() },
		"Hijack": func(w http.ResponseWriter) error {
			_, _, err := http.NewResponseController(w).Hijack()
			return err
		},
	} {
		m := noerror.In(session.New(memstore.New(), nil))
		w := &lightWriter{make(http.Header)}
		m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			session.From(r).Set("a", 1)
			if err := try(w); !errors.Is(err, http.ErrNotSupported) {
				t.Errorf("%s: %v", name, err)
			}
			session.From(r).CycleKey()
			session.From(r).Set("a", 2)
		})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		resp := &http.Response{Header: w.header}
		if len(w.header["Set-Cookie"]) != 1 || readAll(t, request(m, keyOf(resp), reading).Body) != "2" {
			t.Errorf("%s: headers %v", name, w.header)
		}
	}
}

// TestHijackedConnectionIsTheHandlers: what fails late is logged, and no panic
// cuts a connection that is not the server's any more.
func TestHijackedConnectionIsTheHandlers(t *testing.T) {
	store := newSpy()
	var log bytes.Buffer
	m := noerror.In(session.New(store, &session.Options{Logger: textLogger(&log)}))
	key := keyOf(request(m, "", func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("a", 1) }))
	store.breakOn("Save")
	ended := make(chan any, 1)
	h := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := session.From(r)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = conn.Close()
		s.Set("a", 2)
	}))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { ended <- recover() }()
		h.ServeHTTP(w, r)
	}))
	defer server.Close()
	req, _ := http.NewRequest("POST", server.URL, nil)
	req.Header.Set("Cookie", "sessionid="+key)
	if resp, err := server.Client().Do(req); err == nil {
		_ = resp.Body.Close()
	}
	if v := <-ended; v != nil || !strings.Contains(log.String(), "not saved") {
		t.Errorf("ended with %v, logged %s", v, &log)
	}
}

// A readerFromSpy notes that ReadFrom reached the server's own writer, whose
// ReadFrom is what calls sendfile.
type readerFromSpy struct {
	http.ResponseWriter
	files int
}

func (w *readerFromSpy) ReadFrom(src io.Reader) (int64, error) {
	if l, ok := src.(*io.LimitedReader); ok {
		src = l.R
	}
	if _, ok := src.(*os.File); ok {
		w.files++
	}
	return w.ResponseWriter.(io.ReaderFrom).ReadFrom(src)
}

func TestSendfileSurvives(t *testing.T) {
	name := filepath.Join(t.TempDir(), "page.bin")
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	m := noerror.In(session.New(memstore.New(), nil))
	var spy readerFromSpy
	h := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session.From(r).Set("a", 1)
		http.ServeFile(w, r, name)
	}))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		spy.ResponseWriter = w
		h.ServeHTTP(&spy, r)
	}))
	defer server.Close()
	resp, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body := readAll(t, resp.Body); body != string(content) || keyOf(resp) == "" {
		t.Errorf("%d bytes, cookie %v", len(body), keyOf(resp) != "")
	}
	if spy.files != 1 {
		t.Errorf("the server's ReadFrom got the file %d times, want once", spy.files)
	}
}

func TestPanicSavesNothing(t *testing.T) {
	store := newSpy()
	m := noerror.In(session.New(store, nil))
	r := httptest.NewRequest("GET", "/", nil)
	w := httptest.NewRecorder()
	var got any
	func() {
		defer func() { got = recover() }()
		m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			session.From(r).Set("a", 1)
			panic("bug")
		})).ServeHTTP(w, r)
	}()
	if got != "bug" {
		t.Errorf("the panic became %v", got)
	}
	if len(store.records()) > 0 || len(w.Header()) > 0 {
		t.Errorf("records %d, headers %v", len(store.records()), w.Header())
	}
	if _, err := serve(t, m, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }); err == nil {
		t.Error("an aborted handler got an answer through")
	}
}

func TestServerErrorSavesNothing(t *testing.T) {
	for _, status := range []int{500, 502, 599} {
		store := newSpy()
		resp, err := serve(t, noerror.In(session.New(store, nil)), func(w http.ResponseWriter, r *http.Request) {
			session.From(r).Set("a", 1)
			w.WriteHeader(status)
		})
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != status || keyOf(resp) != "" || len(store.records()) > 0 {
			t.Errorf("status %d, cookie %v, %d records", resp.StatusCode, keyOf(resp) != "", len(store.records()))
		}
	}
}

func TestFailedSaveDropsTenMegabytes(t *testing.T) {
	store := newSpy()
	store.breakOn("Create")
	m := noerror.In(session.New(store, &session.Options{Logger: quiet}))
	chunk := bytes.Repeat([]byte("secret "), 150_000)
	resp, err := serve(t, m, func(w http.ResponseWriter, r *http.Request) {
		session.From(r).Set("a", 1)
		for range 10 {
			if n, err := w.Write(chunk); n != 0 || err == nil {
				t.Errorf("Write returned %d, %v", n, err)
			}
		}
		if _, err := io.Copy(w, bytes.NewReader(chunk)); err == nil {
			t.Error("Copy returned no error")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if body := readAll(t, resp.Body); resp.StatusCode != 503 || strings.Contains(body, "secret") {
		t.Errorf("status %d, %d bytes", resp.StatusCode, len(body))
	}
}

// A change after ten megabytes cannot be taken back from a client that has them:
// the connection is cut, so that the visitor sees that something went wrong.
func TestFailedLateSaveCutsTheConnection(t *testing.T) {
	store := newSpy()
	m := noerror.In(session.New(store, &session.Options{Logger: quiet}))
	key := keyOf(request(m, "", func(w http.ResponseWriter, r *http.Request) { session.From(r).Set("a", 1) }))
	store.breakOn("Save")
	server := httptest.NewServer(m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := session.From(r)
		_, _ = w.Write(bytes.Repeat([]byte("x"), 10<<20))
		s.Set("a", 2)
	})))
	defer server.Close()
	req, _ := http.NewRequest("GET", server.URL, nil)
	req.Header.Set("Cookie", "sessionid="+key)
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the client saw %v, want a response that is cut off", err)
	}
}

func TestLateChangeIsSavedIfTheCookieStays(t *testing.T) {
	store := newSpy()
	var log bytes.Buffer
	m := noerror.In(session.New(store, &session.Options{Logger: textLogger(&log)}))
	key := keyOf(request(m, "", func(w http.ResponseWriter, r *http.Request) { session.From(r).Set("a", 1) }))
	request(m, key, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "begun")
		session.From(r).Set("a", 2)
	})
	if body := readAll(t, request(m, key, reading).Body); body != "2" {
		t.Errorf("the late change was lost: a = %s", body)
	}
	if log.Len() > 0 {
		t.Errorf("logged %s", &log)
	}
}

func TestLateChangeOfTheCookieIsReported(t *testing.T) {
	store := newSpy()
	var log bytes.Buffer
	m := noerror.In(session.New(store, &session.Options{Logger: textLogger(&log)}))
	for name, change := range map[string]func(*session.Session){
		"a new session": func(s *session.Session) { s.Set("a", 1) },
		"a new key":     func(s *session.Session) { s.CycleKey() },
	} {
		request(m, "", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "begun")
			s := session.From(r)
			change(s)
			if err := s.Save(r.Context()); !errors.Is(err, session.ErrTooLate) {
				t.Errorf("%s: Save returned %v", name, err)
			}
		})
	}
	if len(store.records()) > 0 {
		t.Error("a record was stored that no cookie leads to")
	}
	if !strings.Contains(log.String(), "the response had begun") {
		t.Errorf("nothing was logged: %s", &log)
	}
}

func TestSecondHandlerStepsAside(t *testing.T) {
	store := newSpy()
	m := noerror.In(session.New(store, nil))
	h := m.Handler(m.Handler(m.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session.Item[int]("n").Update(session.From(r), 0, func(n int) int { return n + 1 })
	}))))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if n := len(w.Header()["Set-Cookie"]); n != 1 || len(store.records()) != 1 {
		t.Errorf("%d cookies, %d records, want one of each", n, len(store.records()))
	}
}

func TestSecondHandlerSharesTheSession(t *testing.T) {
	m := noerror.In(session.New(memstore.New(), nil))
	inner := m.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if got := session.Item[int]("a").Get(session.From(r), 0); got != 1 {
			t.Errorf("the inner handler sees %d", got)
		}
	}))
	request(m, "", func(w http.ResponseWriter, r *http.Request) {
		session.From(r).Set("a", 1)
		inner.ServeHTTP(w, r)
	})
}

func TestTwoManagersOnOneRequest(t *testing.T) {
	outer := noerror.In(session.New(memstore.New(), nil))
	inner := noerror.In(session.New(memstore.New(), &session.Options{Cookie: cookie.Options{Name: "adminid"}}))
	h := outer.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session.From(r).Set("who", "outer")
		inner.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			session.From(r).Set("who", "inner")
		})).ServeHTTP(w, r)
	}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	var names []string
	for _, c := range w.Result().Cookies() {
		names = append(names, c.Name)
	}
	if got := strings.Join(names, " "); got != "adminid sessionid" {
		t.Errorf("cookies %q", got)
	}
}

func TestHTTP2(t *testing.T) {
	m := noerror.In(session.New(memstore.New(), nil))
	server := httptest.NewUnstartedServer(m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := session.Item[int]("n").Update(session.From(r), 0, func(n int) int { return n + 1 })
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		fmt.Fprint(w, r.Proto, " ", n)
	})))
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	server.StartTLS()
	defer server.Close()
	b := newBrowser(t, server)
	for n := 1; n <= 3; n++ {
		if _, body := b.get("/"); body != fmt.Sprint("HTTP/2.0 ", n) {
			t.Errorf("visit %d: %s", n, body)
		}
	}
}

// TestWriterLosesNoMethod of the writer below it, in any combination.
func TestWriterLosesNoMethod(t *testing.T) {
	m := noerror.In(session.New(memstore.New(), nil))
	writertest.Run(t, func(w http.ResponseWriter, handler http.HandlerFunc) {
		m.Handler(handler).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	})
}

// A closeNotifier is an http.CloseNotifier, by a name that is not deprecated.
type closeNotifier interface{ CloseNotify() <-chan bool }

// A wrapper is a writer of other middleware: it has nothing but Unwrap.
type wrapper struct{ http.ResponseWriter }

func (w wrapper) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// A pusher notes what was pushed.
type pusher struct {
	http.ResponseWriter
	pushed string
}

func (p *pusher) Push(target string, _ *http.PushOptions) error {
	p.pushed = target
	return nil
}

// TestMethodsAreFoundBelowOtherWriters that have an Unwrap.
func TestMethodsAreFoundBelowOtherWriters(t *testing.T) {
	left := make(chan bool)
	m := noerror.In(session.New(memstore.New(), nil))
	handler := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session.From(r).Set("a", 1)
		if err := w.(http.Pusher).Push("/style.css", nil); err != nil {
			t.Errorf("Push: %v", err)
		}
		gone := w.(closeNotifier).CloseNotify()
		_ = http.NewResponseController(w).Flush()
		left <- <-gone
	}))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := &pusher{ResponseWriter: w}
		handler.ServeHTTP(wrapper{struct {
			*pusher
			http.Flusher
			closeNotifier
		}{p, w.(http.Flusher), w.(closeNotifier)}}, r)
		if p.pushed != "/style.css" {
			t.Errorf("pushed %q", p.pushed)
		}
	}))
	defer server.Close()
	resp, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if !<-left {
		t.Error("no word of the visitor's leaving")
	}
}

// TestHijackWarnsOfANewKey: a WebSocket library that writes a header of its own leaves the
// cookie out, and the visitor's new session, or the only key of an old one, is lost.
func TestHijackWarnsOfANewKey(t *testing.T) {
	for name, c := range map[string]struct {
		act   func(w http.ResponseWriter, r *http.Request)
		known bool
		warn  bool
	}{
		"new session": {func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("a", 1) }, false, true},
		"rotation":    {func(_ http.ResponseWriter, r *http.Request) { session.From(r).CycleKey() }, true, true},
		"saved before": {func(_ http.ResponseWriter, r *http.Request) {
			session.From(r).Set("a", 1)
			_ = session.From(r).Save(r.Context())
		}, false, true},
		"change":  {func(_ http.ResponseWriter, r *http.Request) { session.From(r).Set("a", 1) }, true, false},
		"nothing": {func(http.ResponseWriter, *http.Request) {}, false, false},
		"header sent": {func(w http.ResponseWriter, r *http.Request) {
			session.From(r).Set("a", 1)
			w.Header().Set("Connection", "Upgrade")
			w.Header().Set("Upgrade", "websocket")
			w.WriteHeader(http.StatusSwitchingProtocols)
		}, false, false},
	} {
		var log bytes.Buffer
		m := noerror.In(session.New(memstore.New(), &session.Options{Logger: textLogger(&log)}))
		server := httptest.NewServer(m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c.act(w, r)
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = conn.Write([]byte("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"))
			_ = conn.Close()
		})))
		r, _ := http.NewRequest("GET", server.URL, nil)
		if c.known {
			r.Header.Set("Cookie", "sessionid="+login(m))
		}
		if resp, err := server.Client().Do(r); err == nil {
			_ = resp.Body.Close()
		}
		server.Close()
		if warned := strings.Contains(log.String(), "taken over"); warned != c.warn {
			t.Errorf("%s: logged %q", name, &log)
		}
	}
}

// TestHijackThatFailsWarnsOfNothing: the key is in the answer that follows.
func TestHijackThatFailsWarnsOfNothing(t *testing.T) {
	var log bytes.Buffer
	m := noerror.In(session.New(memstore.New(), &session.Options{Logger: textLogger(&log)}))
	resp := request(m, "", func(w http.ResponseWriter, r *http.Request) {
		session.From(r).Set("a", 1)
		if _, _, err := http.NewResponseController(w).Hijack(); !errors.Is(err, http.ErrNotSupported) {
			t.Error(err)
		}
	})
	if keyOf(resp) == "" || log.Len() > 0 {
		t.Errorf("%v, logged %s", resp.Header, &log)
	}
}
