package mail

import (
	"context"
	"crypto/x509"
	"net"
)

// DialTo makes s connect to another address than its URL says.
func (s *SMTP) DialTo(addr string) {
	s.dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", addr)
	}
}

// Answer makes s connect to serve.
func (s *SMTP) Answer(serve func(net.Conn)) {
	s.dial = func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go serve(server)
		return client, nil
	}
}

// Trust makes s trust these authorities, and not the system's.
func (s *SMTP) Trust(roots *x509.CertPool) { s.tls.RootCAs = roots }
