package mail

import (
	"context"
	"net"

	smtp "github.com/wneessen/go-mail"
)

// DialTo makes s connect to another address than its URL says.
func (s *SMTP) DialTo(addr string) {
	s.options = append(s.options, smtp.WithDialContextFunc(
		func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", addr)
		}))
}
