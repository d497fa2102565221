package redisstore

import (
	"context"
	"crypto/tls"
	"net"
	"strings"
	"sync"
)

// openConns are the connections of a client, which does not end them by itself
// when a failover has made their server the wrong one.
type openConns struct {
	mu  sync.Mutex
	all map[*openConn]struct{}
}

type openConn struct {
	net.Conn
	of *openConns
}

// dial opens a connection to a host and port, or to a socket by its path.
func (o *openConns) dial(
	ctx context.Context, addr string, d *net.Dialer, secure *tls.Config,
) (net.Conn, error) {
	network := "tcp"
	if strings.HasPrefix(addr, "/") {
		network = "unix"
	}
	connect := d.DialContext
	if secure != nil {
		connect = (&tls.Dialer{NetDialer: d, Config: secure}).DialContext
	}
	conn, err := connect(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c := &openConn{conn, o}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.all == nil {
		o.all = make(map[*openConn]struct{})
	}
	o.all[c] = struct{}{}
	return c, nil
}

// cut ends all connections that are open.
func (o *openConns) cut() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for c := range o.all {
		_ = c.Conn.Close()
	}
	clear(o.all)
}

// Close ends the connection.
func (c *openConn) Close() error {
	c.of.mu.Lock()
	delete(c.of.all, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}
