package main

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/jamsession/jamsession/site"
)

// routes returns the pages of the site.
func routes(site *site.Site) http.Handler {
	router := chi.NewRouter()
	router.Use(middleware.Logger, middleware.Recoverer)
	router.Get("/", home)
	router.Get("/style.css", style)
	router.With(site.Auth.RequireLogin).Get("/private", private)
	login := &login{site.Auth}
	router.Get("/login", login.form)
	router.Post("/login", login.in)
	router.Post("/logout", login.out)
	return router
}
