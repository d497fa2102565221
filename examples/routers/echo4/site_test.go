package main

import (
	"net/http"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/jamsession/jamsession/examples/routers/sitetest"
	"github.com/jamsession/jamsession/site"
)

func TestMain(m *testing.M) { sitetest.Main(m, withFailures) }

func TestSite(t *testing.T) { sitetest.Run(t) }

func withFailures(site *site.Site) http.Handler {
	router := all(site).(*echo.Echo)
	router.GET("/fail/status", wrap(sitetest.FailByStatus))
	router.GET("/fail/panic", wrap(sitetest.FailByPanic))
	router.GET("/fail/abort", wrap(sitetest.FailByAbort))
	router.GET("/fail/error", func(c echo.Context) error {
		sitetest.SetNote(c.Request())
		return sitetest.ErrBoom
	})
	return router
}
