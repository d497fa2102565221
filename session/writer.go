package session

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"

	"github.com/jamsession/jamsession/internal/httpcache"
)

// A responseWriter saves the session before the first byte of the response.
// After a failure it drops what the handler writes: the answer is the
// ErrorHandler's.
type responseWriter struct {
	http.ResponseWriter
	x         *exchange
	committed bool  // the session was dealt with
	hijacked  bool  // the connection is the handler's
	failed    error // why the handler's response was replaced
}

// Unwrap serves http.ResponseController.
func (w *responseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Begun reports whether the session was dealt with, so that the headers may have
// left, for package messages.
func (w *responseWriter) Begun() bool { return w.committed }

// WriteHeader passes 1xx answers through, since they are not the response;
// only 101 is.
func (w *responseWriter) WriteHeader(status int) {
	informational := status < 200 && status != http.StatusSwitchingProtocols
	if informational && w.failed == nil {
		w.x.demand.Meet(w.Header(), status)
		w.ResponseWriter.WriteHeader(status)
		return
	}
	if w.begin(status) == nil {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *responseWriter) Write(p []byte) (int, error) {
	if err := w.begin(http.StatusOK); err != nil {
		return 0, err
	}
	return w.ResponseWriter.Write(p)
}

// WriteString saves the copy that io.WriteString would make.
func (w *responseWriter) WriteString(s string) (int, error) {
	if err := w.begin(http.StatusOK); err != nil {
		return 0, err
	}
	return io.WriteString(w.ResponseWriter, s)
}

// ReadFrom keeps the path to sendfile open.
func (w *responseWriter) ReadFrom(src io.Reader) (int64, error) {
	if err := w.begin(http.StatusOK); err != nil {
		return 0, err
	}
	if rf, ok := w.ResponseWriter.(io.ReaderFrom); ok {
		return rf.ReadFrom(src)
	}
	return io.Copy(struct{ io.Writer }{w.ResponseWriter}, src)
}

// FlushError serves http.ResponseController; without it, Flush would go past
// this writer and the headers would leave without the cookie.
func (w *responseWriter) FlushError() error {
	opened := w.committed
	if err := w.begin(http.StatusOK); err != nil {
		return err
	}
	err := http.NewResponseController(w.ResponseWriter).Flush()
	if errors.Is(err, http.ErrNotSupported) {
		w.reopen(opened)
	}
	return err
}

// Flush is FlushError for handlers that ask for an http.Flusher.
func (w *responseWriter) Flush() { _ = w.FlushError() }

// Hijack saves the session first, for afterwards there are no headers.
func (w *responseWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	opened := w.committed
	if err := w.begin(http.StatusSwitchingProtocols); err != nil {
		return nil, nil, err
	}
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	w.hijacked = err == nil
	if err != nil {
		w.reopen(opened)
	}
	return conn, rw, err
}

// reopen takes the beginning of the response back, since nothing was sent,
// unless it had begun before.
func (w *responseWriter) reopen(begunBefore bool) {
	if begunBefore {
		return
	}
	w.committed = false
	w.x.session.mu.Lock()
	w.x.session.begun = false
	w.x.session.mu.Unlock()
}

// begin commits once and returns the failure, if there was one.
func (w *responseWriter) begin(status int) error {
	if !w.committed && w.failed == nil {
		w.commit(status)
	}
	return w.failed
}

func (w *responseWriter) commit(status int) {
	w.committed = true
	if err := w.x.commit(w.Header(), status); err != nil {
		w.fail(err)
		return
	}
	w.x.demand.Meet(w.Header(), status)
}

// fail answers through the ErrorHandler in place of the handler.
func (w *responseWriter) fail(err error) {
	w.committed, w.failed = true, err
	_, refused := errors.AsType[refusal](err)
	if !refused && !errors.Is(err, ErrInterrupted) && !errors.Is(err, ErrRefused) {
		w.x.log("session: request failed", err)
	}
	h := w.Header()
	for _, name := range bodyHeaders {
		h.Del(name)
	}
	answer := &httpcache.Writer{ResponseWriter: w.ResponseWriter}
	answer.Add(httpcache.NoStore)
	defer answer.End()
	w.x.session.m.opts.ErrorHandler(answer, w.x.req, err)
}

// bodyHeaders are what a handler may have said of a response that is now not
// sent. The rest, such as a security policy, stands.
var bodyHeaders = []string{
	"Accept-Ranges", "Cache-Control", "Clear-Site-Data",
	"Content-Disposition", "Content-Encoding",
	"Content-Language", "Content-Length", "Content-Location", "Content-Range",
	"Content-Type", "ETag", "Expires", "Last-Modified", "Location", "Refresh",
	KeyHeader, "Set-Cookie", "Trailer", "Transfer-Encoding",
	"X-Accel-Redirect", "X-Sendfile",
}

// A refusal is an error that says itself what to answer.
type refusal interface {
	error
	http.Handler
}

// answerError is the ErrorHandler of options without one.
func answerError(w http.ResponseWriter, r *http.Request, err error) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if h.Get("Content-Security-Policy") == "" { // of a site whose pages have not been reached
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	}
	refused, isRefusal := errors.AsType[refusal](err)
	switch {
	case isRefusal:
		refused.ServeHTTP(w, r)
	case errors.Is(err, ErrInterrupted):
		http.Error(w, "Your session ended while this page was loading. "+
			"You may have logged out in another window.", http.StatusBadRequest)
	case errors.Is(err, ErrRefused): // by a handler that saved by itself
		http.Error(w, "Too many new visitors come from your network. Please try again later.",
			http.StatusTooManyRequests)
	case errors.Is(err, ErrUnavailable):
		http.Error(w, "The service is temporarily unavailable. Please try again.",
			http.StatusServiceUnavailable)
	default:
		http.Error(w, "Internal server error", http.StatusInternalServerError)
	}
}
