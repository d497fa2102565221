package main

import (
	"net/http"
	"testing"

	"github.com/gofiber/fiber/v3"

	"github.com/jamsession/jamsession/examples/routers/sitetest"
	"github.com/jamsession/jamsession/site"
)

func TestMain(m *testing.M) { sitetest.Main(m, withFailures) }

func TestSite(t *testing.T) { sitetest.Run(t, "/stream") }

func withFailures(site *site.Site) http.Handler {
	router := all(site).(appHandler)
	router.Get("/fail/status", wrap(sitetest.FailByStatus))
	router.Get("/fail/panic", wrap(sitetest.FailByPanic))
	router.Get("/fail/abort", wrap(sitetest.FailByAbort))
	router.Get("/fail/error", func(c fiber.Ctx) error {
		sitetest.SetNote(request(c))
		return sitetest.ErrBoom
	})
	return router
}
