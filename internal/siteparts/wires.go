package siteparts

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Wires are the connections of a site to its database. The contexts of calls
// end what waits for an answer; this is for what no context ends: the
// handshakes that database/sql makes in the background, and farewells to a
// server that is silent. Either would keep a place in the pool.
type Wires struct {
	limit time.Duration // to connect within

	mu   sync.Mutex
	open map[*wire]struct{}
	gone bool // nothing is opened any more
}

// farewell is how long a connection that was given up may take to say goodbye.
const farewell = time.Second

// keepAlive finds out in half a minute that the other side is not there.
var keepAlive = net.KeepAliveConfig{
	Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3,
}

// NewWires returns an empty set. Each wire must open within the limit.
func NewWires(limit time.Duration) *Wires {
	return &Wires{limit: limit, open: make(map[*wire]struct{})}
}

// Limit is how long a server has to accept a connection.
func (w *Wires) Limit() time.Duration { return w.limit }

// Dial opens a connection. Every dial has no more than the limit, except when
// pgx asks the server to cancel what has not been answered in time.
func (w *Wires) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	at, limited := ctx.Deadline()
	cancels := limited && time.Until(at) > w.limit
	if cancels {
		at = time.Now().Add(farewell)
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, at)
		defer cancel()
	}
	dialer := net.Dialer{KeepAliveConfig: keepAlive}
	conn, err := dialer.DialContext(ctx, network, address)
	if err == nil && cancels {
		err = conn.SetDeadline(at)
	}
	if err != nil {
		return nil, err
	}
	return w.add(conn)
}

func (w *Wires) add(conn net.Conn) (net.Conn, error) {
	c := &wire{Conn: conn, all: w}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.gone {
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	w.open[c] = struct{}{}
	return c, nil
}

// Cut ends all connections, with whatever they are waiting for.
func (w *Wires) Cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gone = true
	for c := range w.open {
		_ = c.Conn.Close()
	}
	clear(w.open)
}

// Renew makes nothing new begin on the connections that are open: what they are
// waiting for comes, and then they end. It is for a server that has become the
// wrong one.
func (w *Wires) Renew() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.open {
		c.old.Store(true)
	}
}

// A wire is one connection.
type wire struct {
	net.Conn

	all *Wires
	old atomic.Bool
}

// Write sends nothing on a connection that is old, by which a driver sees that
// it can take another one.
func (c *wire) Write(b []byte) (int, error) {
	if c.old.Load() {
		return 0, net.ErrClosed
	}
	return c.Conn.Write(b)
}

// Close ends the connection.
func (c *wire) Close() error {
	c.all.mu.Lock()
	delete(c.all.open, c)
	c.all.mu.Unlock()
	return c.Conn.Close()
}

// SetDeadline shortens what is longer than a farewell: pgx sets a deadline to
// end a call, which is now, and to say goodbye, which is fifteen seconds.
func (c *wire) SetDeadline(t time.Time) error {
	if latest := time.Now().Add(farewell); t.After(latest) {
		t = latest
	}
	return c.Conn.SetDeadline(t)
}

// SyscallConn lets the MySQL driver see that the server has closed an idle
// connection.
func (c *wire) SyscallConn() (syscall.RawConn, error) {
	if conn, ok := c.Conn.(syscall.Conn); ok {
		return conn.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}
