package main

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jamsession/jamsession/site"
)

// routes returns the pages of the site.
func routes(site *site.Site) http.Handler {
	router := gin.Default()
	router.Use(hideHeader)
	router.GET("/", gin.WrapF(home))
	router.GET("/style.css", gin.WrapF(style))
	router.GET("/private", gin.WrapH(site.Auth.RequireLogin(http.HandlerFunc(private))))
	login := &login{site.Auth}
	router.GET("/login", gin.WrapF(login.form))
	router.POST("/login", gin.WrapF(login.in))
	router.POST("/logout", gin.WrapF(login.out))
	return router
}

// hideHeader takes the header from the request when a page panics: in debug mode,
// gin.Recovery writes it into the log. The site keeps its own request.
func hideHeader(c *gin.Context) {
	returned := false
	defer func() {
		if !returned {
			c.Request = c.Request.WithContext(c.Request.Context())
			c.Request.Header = http.Header{}
		}
	}()
	c.Next()
	returned = true
}
