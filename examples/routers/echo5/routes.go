package main

import (
	"net/http"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"

	"github.com/jamsession/jamsession/site"
)

// routes returns the pages of the site.
func routes(site *site.Site) http.Handler {
	router := echo.New()
	router.Use(middleware.RequestLogger(), middleware.Recover())
	router.GET("/", wrap(home))
	router.GET("/style.css", wrap(style))
	router.GET("/private", wrap(private), echo.WrapMiddleware(site.Auth.RequireLogin))
	login := &login{site.Auth}
	router.GET("/login", wrap(login.form))
	router.POST("/login", wrap(login.in))
	router.POST("/logout", wrap(login.out))
	return router
}

func wrap(page http.HandlerFunc) echo.HandlerFunc { return echo.WrapHandler(page) }
