package integration

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// A proxy stands between a store and its server, at an address that stays the
// same.
type proxy struct {
	t        testing.TB
	addr     string
	upstream string
	now      *toxiproxy.Proxy
}

func newProxy(t testing.TB, upstream string) *proxy {
	t.Helper()
	p := &proxy{t: t, addr: "127.0.0.1:0", upstream: upstream}
	p.open()
	t.Cleanup(func() { p.now.Stop() })
	return p
}

func (p *proxy) open() {
	p.t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	// While nobody listens, a client that dials the port may get it for its own
	// end of the connection, and have it until it gives up.
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		p.now = toxiproxy.NewProxy(server, "proxy", p.addr, p.upstream)
		err := p.now.Start()
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EADDRINUSE) || time.Now().After(end) {
			p.t.Fatal(err)
		}
	}
	p.addr = p.now.Listen
}

// A toxic is one of toxiproxy's.
type toxic struct {
	kind       string
	stream     string // "upstream" is what the store sends
	attributes string // JSON
}

// poison makes the connections that are open, and those to come, suffer.
func (p *proxy) poison(toxics ...toxic) {
	p.t.Helper()
	for _, x := range toxics {
		_, err := p.now.Toxics.AddToxicJson(strings.NewReader(fmt.Sprintf(
			`{"type": %q, "stream": %q, "attributes": {%s}}`, x.kind, x.stream, x.attributes)))
		if err != nil {
			p.t.Fatal(err)
		}
	}
}

// heal cuts all connections and lets new ones through. Toxiproxy can also
// heal open ones, but may wait forever if they break at that moment.
func (p *proxy) heal() {
	p.t.Helper()
	p.now.Stop()
	p.open()
}
