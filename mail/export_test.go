package mail

import (
	"context"
	"crypto/x509"
	"net"
)

// DialTo makes s connect to another address than its URL says.
func DialTo(s Sender, addr string) {
	s.(*server).dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", addr)
	}
}

// Answer makes s connect to serve.
func Answer(s Sender, serve func(net.Conn)) {
	s.(*server).dial = func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go serve(far)
		return near, nil
	}
}

// Trust makes s trust these authorities, and not the system's.
func Trust(s Sender, roots *x509.CertPool) { s.(*server).roots = roots }

// Parse returns an address as it goes to a server, and whether it can be read.
func Parse(text string) (string, bool) {
	a, err := parseAddress(text)
	return a.Address, err == nil
}

// Dialer opens connections to this machine.
var Dialer = dialer(true)
