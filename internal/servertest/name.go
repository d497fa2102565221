package servertest

import (
	"io"
	"net"
	"sync"
	"testing"
)

// A Name is an address that can be moved from one server to another, as a
// failover moves a name. Connections that are open stay where they are.
type Name struct {
	Addr string

	listener net.Listener
	mu       sync.Mutex
	server   string
	open     map[net.Conn]struct{}
}

// NewName returns a name of the server at an address, until the test ends.
func NewName(t testing.TB, server string) *Name {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &Name{
		Addr: listener.Addr().String(), listener: listener, server: server,
		open: make(map[net.Conn]struct{}),
	}
	go n.accept()
	t.Cleanup(n.close)
	return n
}

// Move makes new connections lead to another server.
func (n *Name) Move(server string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.server = server
}

// Cut ends the connections that are open.
func (n *Name) Cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for conn := range n.open {
		_ = conn.Close()
	}
}

func (n *Name) accept() {
	for {
		client, err := n.listener.Accept()
		if err != nil {
			return
		}
		n.mu.Lock()
		server, err := net.Dial("tcp", n.server)
		if err != nil {
			n.mu.Unlock()
			_ = client.Close()
			continue
		}
		n.open[client], n.open[server] = struct{}{}, struct{}{}
		n.mu.Unlock()
		go n.pass(client, server)
		go n.pass(server, client)
	}
}

// pass copies until one end is closed, and then closes both.
func (n *Name) pass(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, conn := range []net.Conn{to, from} {
		_ = conn.Close()
		delete(n.open, conn)
	}
}

func (n *Name) close() {
	_ = n.listener.Close()
	n.Cut()
}
