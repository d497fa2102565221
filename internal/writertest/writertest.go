// Package writertest tries whether a wrapper of an http.ResponseWriter keeps the optional
// methods of the writer below.
package writertest

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

//go:generate go run generate.go

type flushError interface{ FlushError() error }

// A closeNotifier is an http.CloseNotifier, by a name that is not deprecated.
type closeNotifier interface{ CloseNotify() <-chan bool }

// all has every optional method.
type all interface {
	http.ResponseWriter
	http.Flusher
	flushError
	http.Hijacker
	io.ReaderFrom
	io.StringWriter
	http.Pusher
	closeNotifier
}

// A recorder notes which of its methods were called.
type recorder struct {
	*httptest.ResponseRecorder
	called map[string]bool
}

func (r *recorder) Flush() { r.called["Flush"] = true }

func (r *recorder) FlushError() error {
	r.called["FlushError"] = true
	return nil
}

func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	r.called["Hijack"] = true
	return nil, nil, errors.New("not here")
}

func (r *recorder) ReadFrom(src io.Reader) (int64, error) {
	r.called["ReadFrom"] = true
	return io.Copy(r.Body, src)
}

func (r *recorder) WriteString(s string) (int, error) {
	r.called["WriteString"] = true
	return r.ResponseRecorder.WriteString(s)
}

func (r *recorder) Push(string, *http.PushOptions) error {
	r.called["Push"] = true
	return nil
}

func (r *recorder) CloseNotify() <-chan bool {
	r.called["CloseNotify"] = true
	return nil
}

// uses are the optional methods, in the order of their bits, each with a call of it by a
// handler that asks for it as frameworks do.
var uses = []struct {
	method string
	use    func(w http.ResponseWriter) error
}{
	{"Flush", func(w http.ResponseWriter) error {
		w.(http.Flusher).Flush()
		return nil
	}},
	{"FlushError", func(w http.ResponseWriter) error { return w.(flushError).FlushError() }},
	{"Hijack", func(w http.ResponseWriter) error {
		_, _, err := w.(http.Hijacker).Hijack()
		return err
	}},
	{"ReadFrom", func(w http.ResponseWriter) error {
		_, err := w.(io.ReaderFrom).ReadFrom(strings.NewReader("x"))
		return err
	}},
	{"WriteString", func(w http.ResponseWriter) error {
		_, err := w.(io.StringWriter).WriteString("x")
		return err
	}},
	{"Push", func(w http.ResponseWriter) error { return w.(http.Pusher).Push("/style.css", nil) }},
	{"CloseNotify", func(w http.ResponseWriter) error {
		select {
		case <-w.(closeNotifier).CloseNotify():
			return errors.New("the visitor has left")
		default:
			return nil
		}
	}},
}

// Run calls every optional method on wrap around every combination of them. One that the
// writer below has must be reached; one that it lacks must not panic, and what cannot be
// done without it must be http.ErrNotSupported.
func Run(t *testing.T, wrap func(w http.ResponseWriter, handler http.HandlerFunc)) {
	t.Helper()
	for n, combine := range combinations {
		for bit, u := range uses {
			below := &recorder{httptest.NewRecorder(), make(map[string]bool)}
			var err error
			wrap(combine(below), func(w http.ResponseWriter, _ *http.Request) { err = u.use(w) })
			has := n>>bit&1 != 0
			reached := below.called[u.method]
			if u.method == "Flush" { // the better of the two may be called
				reached = reached || below.called["FlushError"]
			}
			if u.method == "FlushError" && n&1 != 0 {
				reached, has = reached || below.called["Flush"], true
			}
			if has != reached && (has || u.method != "Flush" && u.method != "FlushError") {
				t.Errorf("combination %07b: %s reached the writer below: %t", n, u.method, reached)
			}
			needed := u.method == "FlushError" || u.method == "Hijack" || u.method == "Push"
			if !has && (needed != errors.Is(err, http.ErrNotSupported) || !needed && err != nil) {
				t.Errorf("combination %07b without %s: %v", n, u.method, err)
			}
		}
	}
}
