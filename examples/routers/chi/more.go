package main

import (
	"fmt"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/examples/routers/pages"
)

// more adds pages to those of routes.go.
func more(router *chi.Mux) {
	router.Get("/about", pages.About)
	router.Get("/whoami", whoami)
	router.Get("/note", pages.ShowNote)
	router.Post("/note", pages.KeepNote)
	router.Get("/events", pages.Events)
}

func whoami(w http.ResponseWriter, r *http.Request) {
	_, _ = fmt.Fprintln(w, "You are", auth.From(r).Username)
}
