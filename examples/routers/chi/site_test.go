package main

import (
	"net/http"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/jamsession/jamsession/examples/routers/sitetest"
	"github.com/jamsession/jamsession/site"
)

func TestMain(m *testing.M) { sitetest.Main(m, withFailures) }

func TestSite(t *testing.T) { sitetest.Run(t) }

func withFailures(site *site.Site) http.Handler {
	router := all(site).(*chi.Mux)
	router.Get("/fail/status", sitetest.FailByStatus)
	router.Get("/fail/panic", sitetest.FailByPanic)
	router.Get("/fail/abort", sitetest.FailByAbort)
	router.Get("/fail/error", sitetest.FailByStatus) // chi's handlers return nothing
	return router
}
