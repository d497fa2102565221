package main

import (
	"net/http"
	"testing"

	"github.com/gin-gonic/gin"

	"github.com/jamsession/jamsession/examples/routers/sitetest"
	"github.com/jamsession/jamsession/site"
)

func TestMain(m *testing.M) { sitetest.Main(m, withFailures) }

func TestSite(t *testing.T) { sitetest.Run(t) }

func withFailures(site *site.Site) http.Handler {
	router := all(site).(*gin.Engine)
	router.GET("/fail/status", gin.WrapF(sitetest.FailByStatus))
	router.GET("/fail/panic", gin.WrapF(sitetest.FailByPanic))
	router.GET("/fail/abort", gin.WrapF(sitetest.FailByAbort))
	router.GET("/fail/error", func(c *gin.Context) {
		sitetest.SetNote(c.Request)
		_ = c.AbortWithError(http.StatusInternalServerError, sitetest.ErrBoom)
	})
	return router
}
