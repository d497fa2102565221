package httpcache

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"

	"github.com/jamsession/jamsession/internal/conceal"
)

// A Writer meets a [Demand] before the first byte of the response. The one of
// package session does so by itself.
type Writer struct {
	http.ResponseWriter
	Demand

	begun bool
}

// Value is [Demand.Value], if the writer is in use, and finds it as the
// [Response].
func (w *Writer) Value(key any) any {
	if w.ResponseWriter == nil {
		return nil
	}
	if _, ok := key.(ResponseKey); ok {
		return w
	}
	return w.Demand.Value(key)
}

// Around returns the writer for the handlers inside, which is w around out, unless
// a handler outside meets what is wanted already. Call End in either case.
func (w *Writer) Around(ctx context.Context, out http.ResponseWriter) http.ResponseWriter {
	if From(ctx) != nil {
		return out
	}
	w.ResponseWriter = out
	return w
}

// Unwrap serves http.ResponseController.
func (w *Writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Begun reports whether the headers may have left.
func (w *Writer) Begun() bool { return w.begun }

// WriteHeader passes on the status. Informational answers have headers, too.
func (w *Writer) WriteHeader(status int) {
	if status < 200 && status != http.StatusSwitchingProtocols {
		w.Meet(w.Header(), status)
	} else {
		w.begin(status)
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *Writer) begin(status int) {
	if !w.begun {
		w.begun = true
		w.Meet(w.Header(), status)
	}
}

func (w *Writer) Write(p []byte) (int, error) {
	w.begin(http.StatusOK)
	return w.ResponseWriter.Write(p)
}

// WriteString saves the copy that io.WriteString would make.
func (w *Writer) WriteString(s string) (int, error) {
	w.begin(http.StatusOK)
	return io.WriteString(w.ResponseWriter, s)
}

// ReadFrom keeps the path to sendfile open.
func (w *Writer) ReadFrom(src io.Reader) (int64, error) {
	w.begin(http.StatusOK)
	if rf, ok := w.ResponseWriter.(io.ReaderFrom); ok {
		return rf.ReadFrom(src)
	}
	return io.Copy(struct{ io.Writer }{w.ResponseWriter}, src)
}

// FlushError serves http.ResponseController; without it, Flush would go past
// this writer.
func (w *Writer) FlushError() error {
	w.Meet(w.Header(), http.StatusOK)
	err := http.NewResponseController(w.ResponseWriter).Flush()
	w.begun = w.begun || err == nil
	return err
}

// Flush is FlushError for handlers that ask for an http.Flusher.
func (w *Writer) Flush() { _ = w.FlushError() }

// Hijack hands the connection over; what the header says by then is strict.
func (w *Writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.Meet(w.Header(), http.StatusSwitchingProtocols)
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	w.begun = w.begun || err == nil
	return conn, rw, err
}

// Push implements [http.Pusher].
func (w *Writer) Push(target string, opts *http.PushOptions) error {
	return Push(w.ResponseWriter, target, opts)
}

// CloseNotify implements http.CloseNotifier.
func (w *Writer) CloseNotify() <-chan bool { return CloseNotify(w.ResponseWriter) }

// Serve runs a handler, for which out is what Around has returned, and does what End does.
// If the handler panics, the response begins as a failure: somebody around may recover,
// and answer with this header.
func (w *Writer) Serve(next http.Handler, out http.ResponseWriter, r *http.Request) {
	status := http.StatusInternalServerError
	defer func() {
		if w.ResponseWriter != nil {
			w.begin(status)
		}
	}()
	conceal.ServeHTTP(next, out, r)
	status = http.StatusOK
}

// End is for when the handler has returned: if nothing was written, the
// response begins now.
func (w *Writer) End() {
	if w.ResponseWriter != nil {
		w.begin(http.StatusOK)
	}
}
