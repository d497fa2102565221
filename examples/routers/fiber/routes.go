package main

import (
	"errors"
	"log"
	"net/http"
	"runtime/debug"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/logger"
	"github.com/gofiber/fiber/v3/middleware/recover"

	"github.com/jamsession/jamsession/site"
)

// routes returns the pages of the site.
func routes(site *site.Site) http.Handler {
	router := fiber.New()
	router.Use(logger.New(), recover.New(recover.Config{EnableStackTrace: true, StackTraceHandler: logPanic}))
	router.Get("/", wrap(home))
	router.Get("/style.css", wrap(style))
	router.Get("/private", wrap(site.Auth.RequireLogin(http.HandlerFunc(private)).ServeHTTP))
	login := &login{site.Auth}
	router.Get("/login", wrap(login.form))
	router.Post("/login", wrap(login.in))
	router.Post("/logout", wrap(login.out))
	return appHandler{router}
}

// logPanic logs what a page panics with, unless it only stops the request, as
// session.Abort does.
func logPanic(_ fiber.Ctx, v any) {
	if err, _ := v.(error); !errors.Is(err, http.ErrAbortHandler) {
		log.Printf("panic: %v\n%s", v, debug.Stack())
	}
}
