package main

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/examples/routers/pages"
	"github.com/jamsession/jamsession/session"
)

// more adds pages to those of routes.go.
func more(router *echo.Echo) {
	router.GET("/about", wrap(pages.About))
	router.GET("/whoami", whoami)
	router.GET("/note", wrap(pages.ShowNote))
	router.POST("/note", keepNote)
	router.GET("/events", wrap(pages.Events))
}

func whoami(c echo.Context) error {
	return c.String(http.StatusOK, "You are "+auth.From(c.Request()).Username)
}

func keepNote(c echo.Context) error {
	pages.Note.Set(session.From(c.Request()), c.FormValue("note"))
	return c.Redirect(http.StatusSeeOther, "/note")
}
