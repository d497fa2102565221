package integration

import (
	"net"
	"sync"
	"testing"
)

// A gate stands between a store and its server. While it is shut nothing passes
// in either direction, and new connections are accepted and hear nothing.
// Nothing is lost: when it opens, what was held arrives late, as it does when a
// network comes back, or a process that was stopped.
type gate struct {
	upstream string
	listener net.Listener
	serving  sync.WaitGroup

	mu     sync.Mutex
	moved  *sync.Cond
	shut   bool
	closed bool
	conns  map[net.Conn]bool
}

func newGate(t testing.TB, upstream string) *gate {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{upstream: upstream, listener: listener, conns: make(map[net.Conn]bool)}
	g.moved = sync.NewCond(&g.mu)
	g.serving.Go(g.accept)
	t.Cleanup(g.close)
	return g
}

func (g *gate) addr() string { return g.listener.Addr().String() }

func (g *gate) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = shut
	g.moved.Broadcast()
}

// pass waits until the gate is open, and reports whether it still is in use.
func (g *gate) pass() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.shut && !g.closed {
		g.moved.Wait()
	}
	return !g.closed
}

// keep remembers a connection for close.
func (g *gate) keep(conn net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		_ = conn.Close()
	}
	g.conns[conn] = true
}

func (g *gate) accept() {
	for {
		client, err := g.listener.Accept()
		if err != nil {
			return
		}
		g.keep(client)
		g.serving.Go(func() { g.serve(client) })
	}
}

func (g *gate) serve(client net.Conn) {
	defer func() { _ = client.Close() }()
	if !g.pass() {
		return
	}
	server, err := net.Dial("tcp", g.upstream)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	g.keep(server)
	g.serving.Go(func() { g.pump(client, server) })
	g.pump(server, client)
}

// pump carries what one side says to the other.
func (g *gate) pump(to, from net.Conn) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && (!g.pass() || !write(to, buffer[:n])) || err != nil {
			return
		}
	}
}

func write(to net.Conn, p []byte) bool {
	_, err := to.Write(p)
	return err == nil
}

func (g *gate) close() {
	_ = g.listener.Close()
	g.mu.Lock()
	g.closed = true
	g.moved.Broadcast()
	for conn := range g.conns {
		_ = conn.Close()
	}
	g.mu.Unlock()
	g.serving.Wait()
}
