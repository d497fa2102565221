// Package live is a board of lines that open pages show as they are written: by a WebSocket, by
// server-sent events, and by a long poll. Each of them ends with the login of its visitor, within
// a second, wherever that is ended.
//
//	mux.Handle("/board/", live.New(site))
package live

import (
	"context"
	"errors"
	"net/http"

	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/site"
)

// pages are those of the board.
type pages struct {
	site  *site.Site
	board board
}

// New returns the board of a site that has devices.
func New(site *site.Site) http.Handler {
	p := &pages{site: site}
	mux := http.NewServeMux()
	mux.Handle("GET /board/socket", p.open(p.socket))
	mux.Handle("GET /board/events", p.open(p.events))
	mux.Handle("GET /board/poll", p.open(p.poll))
	mux.Handle("POST /board/{$}", site.Auth.RequireLogin(http.HandlerFunc(p.write)))
	return mux
}

// write puts a line on the board.
func (p *pages) write(_ http.ResponseWriter, r *http.Request) {
	p.board.write(r.PostFormValue("line"))
}

// An open handler serves a page until login is done, and then tells it why.
type open func(login context.Context, w http.ResponseWriter, r *http.Request)

// open lets users in, and watches their logins.
func (p *pages) open(serve open) http.Handler {
	return p.site.Auth.RequireLogin(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		login, stop, err := p.site.Devices().Watch(r)
		if err != nil {
			session.Abort(r, err) // 503: the page tries again
		}
		defer stop()
		serve(login, w, r)
	}))
}

// hasEnded reports whether the login has ended, and not the visit or the program.
func hasEnded(login context.Context) bool {
	return errors.Is(context.Cause(login), devices.ErrEnded)
}
