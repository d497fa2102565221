package main

import (
	"bufio"
	"fmt"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v3"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/examples/routers/pages"
	"github.com/jamsession/jamsession/session"
)

// more adds pages to those of routes.go.
func more(router *fiber.App) {
	router.Get("/about", wrap(pages.About))
	router.Get("/whoami", whoami)
	router.Get("/note", wrap(pages.ShowNote))
	router.Post("/note", keepNote)
	router.Get("/events", wrap(pages.Events))
	router.Get("/stream", stream)
}

func whoami(c fiber.Ctx) error { return c.SendString("You are " + auth.From(request(c)).Username) }

func keepNote(c fiber.Ctx) error {
	pages.Note.Set(session.From(request(c)), c.FormValue("note"))
	return c.Redirect().Status(http.StatusSeeOther).To("/note")
}

// stream is pages.Events in the app's way. When the function runs that writes, c may
// belong to another request.
func stream(c fiber.Ctx) error {
	r := request(c)
	n := pages.Streams.Update(session.From(r), 0, func(n int) int { return n + 1 })
	c.Set("Content-Type", "text/event-stream")
	return c.SendStreamWriter(func(w *bufio.Writer) {
		for {
			_, _ = fmt.Fprintf(w, "data: stream %d of this visitor\n\n", n)
			if err := w.Flush(); err != nil {
				return
			}
			select {
			case <-r.Context().Done():
				return
			case <-time.After(time.Second):
			}
		}
	})
}
