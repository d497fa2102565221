package main

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/examples/routers/pages"
	"github.com/jamsession/jamsession/session"
)

// more adds pages to those of routes.go.
func more(router *gin.Engine) {
	router.GET("/about", gin.WrapF(pages.About))
	router.GET("/whoami", whoami)
	router.GET("/note", gin.WrapF(pages.ShowNote))
	router.POST("/note", keepNote)
	router.GET("/events", gin.WrapF(pages.Events))
}

func whoami(c *gin.Context) { c.String(http.StatusOK, "You are %s", auth.From(c.Request).Username) }

func keepNote(c *gin.Context) {
	pages.Note.Set(session.From(c.Request), c.PostForm("note"))
	c.Redirect(http.StatusSeeOther, "/note")
}
