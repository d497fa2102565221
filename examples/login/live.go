package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/session"
)

const (
	// aliveEvery is how often a stream says something, lest a proxy ends it.
	aliveEvery = 20 * time.Second

	// writeTime is how long a visitor may take to read what a stream says.
	writeTime = 10 * time.Second
)

// live is a stream of events for a page of a user: there is one event, when the login has ended.
// The page asks again when the stream was cut.
func (s *app) live(w http.ResponseWriter, r *http.Request) {
	if s.Devices() == nil {
		s.notFound(w, r)
		return
	}
	login, stop, err := s.Devices().Watch(r)
	if errors.Is(err, devices.ErrNoDevice) { // nobody is logged in any more
		streamOf(w).say(ended)
		return
	}
	if err != nil {
		session.Abort(r, err)
	}
	defer stop()
	if auth.From(r).ID != r.FormValue("user") { // somebody else is
		streamOf(w).say(ended)
		return
	}
	streamOf(w).follow(login)
}

// ended is the event.
const ended = "event: ended\ndata:"

// A stream is one of server-sent events.
type stream struct {
	w http.ResponseWriter
	*http.ResponseController
}

func streamOf(w http.ResponseWriter) stream {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	return stream{w, http.NewResponseController(w)}
}

// follow goes on until the login ends, or the visitor is gone, or the server shuts down.
func (s stream) follow(login context.Context) {
	alive := time.NewTicker(aliveEvery)
	defer alive.Stop()
	for s.say(": the login goes on") {
		select {
		case <-alive.C:
		case <-login.Done():
			if errors.Is(context.Cause(login), devices.ErrEnded) {
				s.say(ended)
			}
			return
		}
	}
}

// say writes an event or a comment, and reports whether there is still somebody.
func (s stream) say(text string) bool {
	if err := s.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return false
	}
	_, err := fmt.Fprint(s.w, text, "\n\n")
	return err == nil && s.Flush() == nil
}
