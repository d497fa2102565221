package main

import (
	"net/http"

	"github.com/jamsession/jamsession/site"
)

// routes returns the pages of the site.
func routes(site *site.Site) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", home)
	mux.HandleFunc("GET /style.css", style)
	mux.Handle("GET /private", site.Auth.RequireLogin(http.HandlerFunc(private)))
	login := &login{site.Auth}
	mux.HandleFunc("GET /login", login.form)
	mux.HandleFunc("POST /login", login.in)
	mux.HandleFunc("POST /logout", login.out)
	return mux
}
