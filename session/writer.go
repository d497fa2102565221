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
	x *exchange
}

// Unwrap serves http.ResponseController.
func (w *responseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader passes 1xx answers through, since they are not the response;
// only 101 is.
func (w *responseWriter) WriteHeader(status int) {
	informational := status < 200 && status != http.StatusSwitchingProtocols
	if informational && w.x.answer() != answerFailed {
		w.x.demand.Meet(w.Header(), status)
		w.ResponseWriter.WriteHeader(status)
		return
	}
	if w.x.begin(status) == nil {
		w.x.warnOfLateStatus(status)
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *responseWriter) Write(p []byte) (int, error) {
	if err := w.x.begin(http.StatusOK); err != nil {
		return 0, err
	}
	n, err := w.ResponseWriter.Write(p)
	w.x.checkArrival(err)
	return n, err
}

// WriteString saves the copy that io.WriteString would make.
func (w *responseWriter) WriteString(s string) (int, error) {
	if err := w.x.begin(http.StatusOK); err != nil {
		return 0, err
	}
	n, err := io.WriteString(w.ResponseWriter, s)
	w.x.checkArrival(err)
	return n, err
}

// ReadFrom keeps the path to sendfile open.
func (w *responseWriter) ReadFrom(src io.Reader) (int64, error) {
	if err := w.x.begin(http.StatusOK); err != nil {
		return 0, err
	}
	n, err := readFrom(w.ResponseWriter, src)
	if isRefusal(err) { // or src has failed, and the answer is on its way
		_, refused := w.ResponseWriter.Write(nil)
		w.x.checkArrival(refused)
	}
	return n, err
}

func readFrom(w http.ResponseWriter, src io.Reader) (int64, error) {
	if rf, ok := w.(io.ReaderFrom); ok {
		return rf.ReadFrom(src)
	}
	return io.Copy(struct{ io.Writer }{w}, src)
}

// FlushError serves http.ResponseController; without it, Flush would go past
// this writer and the headers would leave without the cookie.
func (w *responseWriter) FlushError() error {
	before := w.x.answer()
	if err := w.x.begin(http.StatusOK); err != nil {
		return err
	}
	err := http.NewResponseController(w.ResponseWriter).Flush()
	if errors.Is(err, http.ErrNotSupported) {
		w.x.turn(before) // nothing was sent
	}
	return err
}

// Flush is FlushError for handlers that ask for an http.Flusher.
func (w *responseWriter) Flush() { _ = w.FlushError() }

// Hijack saves the session first, for afterwards there are no headers.
func (w *responseWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	before := w.x.answer()
	if err := w.x.begin(http.StatusSwitchingProtocols); err != nil {
		return nil, nil, err
	}
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		w.x.turn(before) // nothing was sent
		return nil, nil, err
	}
	w.x.turn(answerHijacked)
	if before == answerOpen && w.x.hasNewKey() {
		w.x.warnOfHijack()
	}
	return conn, rw, nil
}

// Push serves handlers that ask for an http.Pusher.
func (w *responseWriter) Push(target string, opts *http.PushOptions) error {
	return httpcache.Push(w.ResponseWriter, target, opts)
}

// CloseNotify serves handlers that ask for an http.CloseNotifier.
func (w *responseWriter) CloseNotify() <-chan bool { return httpcache.CloseNotify(w.ResponseWriter) }
