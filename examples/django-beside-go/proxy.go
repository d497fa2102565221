package main

import (
	_ "embed"
	"net/http"
	"net/http/httputil"
	"net/url"
)

//go:embed both.html
var both []byte

// newProxy returns the one address in front of both sites. To move a page from
// one to the other, move a line here; the way back is the same.
func newProxy(djangoURL, goURL string) http.Handler {
	django, site := forward(djangoURL), forward(goURL)
	mux := http.NewServeMux()
	mux.Handle("/go/", site)
	mux.Handle("/django/", django)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(both) // the visitor may have gone
	})
	return mux
}

// forward passes requests on with the Host that the browser asked for: both
// sites compare it with the Origin of a form.
func forward(to string) http.Handler {
	target, err := url.Parse(to)
	if err != nil {
		panic(err) // made from the address of a listener
	}
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
		r.SetXForwarded()
	}}
}
