package session

import (
	"errors"
	"net/http"

	"github.com/jamsession/jamsession/internal/httpcache"
)

// replace answers in place of a handler, whose headers may be there already.
func replace(out http.ResponseWriter, answer func(http.ResponseWriter)) {
	h := out.Header()
	for _, name := range bodyHeaders {
		h.Del(name)
	}
	w := &httpcache.Writer{ResponseWriter: out}
	w.Add(httpcache.NoStore)
	defer w.End()
	answer(w)
}

// bodyHeaders are headers by which a handler may have described a response
// that is now not sent. The rest, such as a security policy, stands.
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
