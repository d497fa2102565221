package main

import (
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"

	"github.com/gofiber/fiber/v3"
	"github.com/valyala/fasthttp"
)

// An exchange is one request of net/http while the app of fiber handles it.
type exchange struct {
	w        *writer
	r        *http.Request
	answered bool // by a page of net/http
}

// A writer knows the status, for what logs requests in the app.
type writer struct {
	http.ResponseWriter
	status int
}

func (w *writer) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap serves http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush serves pages that ask for an http.Flusher.
func (w *writer) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

type exchangeKey struct{}

func exchangeOf(c fiber.Ctx) *exchange {
	return c.RequestCtx().UserValue(exchangeKey{}).(*exchange)
}

// request returns the request that the site has given its session, for session.From
// and auth.From in handlers of fiber.
func request(c fiber.Ctx) *http.Request { return exchangeOf(c).r }

// wrap returns a page of net/http for the app. It writes to the visitor directly, so
// that it can stream: the header that handlers of fiber have set is not sent with it.
func wrap(page http.HandlerFunc) fiber.Handler {
	return func(c fiber.Ctx) error {
		x := exchangeOf(c)
		page(x.w, x.r)
		x.answered = true // or else it has panicked
		c.Status(x.w.status)
		return nil
	}
}

// An appHandler serves an app as a handler of net/http, in the same goroutine, so that
// the site around it sees what the app answers and how it panics.
type appHandler struct{ *fiber.App }

func (h appHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, err := convert(w, r, int64(h.Config().BodyLimit))
	if err != nil {
		refuse(w, err)
		return
	}
	x := &exchange{w: &writer{w, http.StatusOK}, r: r}
	c.SetUserValue(exchangeKey{}, x)
	h.Handler()(c)
	defer func() { _ = c.Response.CloseBodyStream() }()
	if !x.answered {
		answer(w, &c.Response)
	}
}

// refuse answers a request whose body cannot be read.
func refuse(w http.ResponseWriter, err error) {
	status := http.StatusBadRequest
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		status = http.StatusRequestEntityTooLarge
	}
	http.Error(w, http.StatusText(status), status)
}

// convert returns the request as one of fasthttp.
func convert(w http.ResponseWriter, r *http.Request, limit int64) (*fasthttp.RequestCtx, error) {
	var out fasthttp.Request
	out.Header.SetMethod(r.Method)
	out.SetRequestURI(r.URL.RequestURI())
	for name, values := range r.Header {
		for _, value := range values {
			out.Header.Add(name, value)
		}
	}
	out.SetHost(r.Host)
	body, err := bodyOf(w, r, limit)
	if err != nil {
		return nil, err
	}
	out.SetBody(body)
	var from net.Addr
	if addr, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		from = net.TCPAddrFromAddrPort(addr)
	}
	c := new(fasthttp.RequestCtx)
	c.Init(&out, from, nil)
	return c, nil
}

// bodyOf returns the body. A form that package csrf has looked into is encoded again;
// files are in request(c).MultipartForm.
func bodyOf(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.PostForm != nil && kind == "application/x-www-form-urlencoded" {
		return []byte(r.PostForm.Encode()), nil
	}
	return io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
}

// answer writes the app's answer. The first write saves the session.
func answer(w http.ResponseWriter, from *fasthttp.Response) {
	set := map[string]bool{"Content-Length": true, "Transfer-Encoding": true} // by net/http
	for name, value := range from.Header.All() {
		name, value := string(name), string(value)
		switch {
		case name == "Set-Cookie" || name == "Vary":
			w.Header().Add(name, value)
		case !set[name]:
			w.Header().Set(name, value)
		}
	}
	w.WriteHeader(from.StatusCode())
	if stream := from.BodyStream(); stream != nil {
		flush(w, stream)
		return
	}
	_, _ = w.Write(from.Body())
}

// flush sends each part of a stream as soon as it is there.
func flush(w http.ResponseWriter, stream io.Reader) {
	out, part := http.NewResponseController(w), make([]byte, 32<<10)
	for {
		n, err := stream.Read(part)
		if _, failed := w.Write(part[:n]); err != nil || failed != nil || out.Flush() != nil {
			return
		}
	}
}
