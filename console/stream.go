package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/session"
)

const (
	// mostStreams is how many pages are told of changes at once. The others stay as they are.
	mostStreams = 20

	// aTick is how soon a page learns of a change in this process, and quiet how soon of others.
	aTick = 2 * time.Second
	quiet = 10 * time.Second

	// unwatched is how long a stream goes on whose login cannot be watched: then the page asks
	// for another, and is asked who it is.
	unwatched = 20 * time.Second
)

// streams are the open pages that follow what happens.
type streams struct {
	closed context.Context
	close  context.CancelFunc
	open   atomic.Int32
	acts   atomic.Uint64 // counts actions
}

// events tells a page when to look again, until the login ends.
func (c *Console) events(w http.ResponseWriter, r *request) {
	w.Header().Set("Content-Type", "text/event-stream")
	if r.Method == http.MethodHead { // nobody would read, and the connection would wait
		return
	}
	if c.streams.open.Add(1) > mostStreams {
		c.streams.open.Add(-1)
		w.Header().Set("Retry-After", "60")
		c.fail(w, r, http.StatusServiceUnavailable, "Not live", "Too many pages are open.")
		return
	}
	defer c.streams.open.Add(-1)
	ctx, stop, err := c.watch(r)
	if err != nil {
		session.Abort(r.Request, err)
	}
	defer stop()
	w.Header().Set("X-Accel-Buffering", "no") // of nginx
	if send(w, "change") != nil {
		return
	}
	c.follow(ctx, func(event string) error { return send(w, event) })
	if errors.Is(context.Cause(ctx), devices.ErrEnded) {
		_ = send(w, "ended") // or the page has gone, too
	}
}

// watch returns a context that ends with the viewer's login. Where there are no devices it ends after
// a while.
func (c *Console) watch(r *request) (context.Context, context.CancelFunc, error) {
	if d := c.site.Devices(); d != nil {
		ctx, stop, err := d.Watch(r.Request)
		if !errors.Is(err, devices.ErrNoDevice) {
			return ctx, stop, err
		}
	}
	ctx, stop := context.WithTimeout(r.Context(), unwatched)
	return ctx, stop, nil
}

// follow sends an event for what changes.
func (c *Console) follow(ctx context.Context, send func(event string) error) {
	ticker := time.NewTicker(c.tick)
	defer ticker.Stop()
	seen, sent := c.happened(), time.Now()
	for {
		select {
		case <-ctx.Done():
			return // the page asks for another stream
		case <-c.streams.closed.Done():
			return
		case <-ticker.C:
		}
		now := c.happened()
		if now == seen && time.Since(sent) < quiet {
			continue
		}
		if send("change") != nil {
			return
		}
		seen, sent = now, time.Now()
	}
}

// happened counts what has happened in this process that a page may show.
func (c *Console) happened() uint64 {
	n := c.streams.acts.Load()
	for _, kind := range []auth.EventKind{
		auth.EventLogin, auth.EventLoginFailed, auth.EventLimited, auth.EventLogout, auth.EventEnded,
		auth.EventDeviceStarted, auth.EventDeviceAdopted, auth.EventDeviceEnded,
	} {
		n += c.site.Metrics.Count(kind)
	}
	return n
}

// send writes an event to a page that takes it within ten seconds.
func send(w http.ResponseWriter, event string) error {
	out := http.NewResponseController(w)
	_ = out.SetWriteDeadline(time.Now().Add(10 * time.Second)) // or the server's counts
	if _, err := io.WriteString(w, fmt.Sprintf("event: %s\ndata: \n\n", event)); err != nil {
		return err
	}
	return out.Flush()
}
