package throttle

import (
	"net/http"
	"net/netip"
	"strings"
)

// SourceOf returns the network that a request came from, as it is counted: an
// address such as "192.0.2.1/32", or an IPv6 network of 64 bits. It is
// "invalid Prefix" if the source is not known.
func (l *limiter) SourceOf(r *http.Request) string { return l.source(r).String() }

// source returns the network that a request came from; zero if it is not
// known. A network shares a bucket: one IPv4 address, or 64 bits of IPv6,
// which is the least that a customer gets.
func (l *limiter) source(r *http.Request) netip.Prefix {
	addr := l.visitor(r)
	bits := 64
	if addr.Is4() {
		bits = 32
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return network
}

// visitor returns the address from which the outermost trusted proxy was
// called. Anybody may have written the addresses to the left of it in the
// header.
func (l *limiter) visitor(r *http.Request) netip.Addr {
	peer, ok := parseAddr(r.RemoteAddr)
	if !l.trusts(peer) && (ok || !l.trustsSocket(r.RemoteAddr)) {
		return peer
	}
	return lastUntrusted(peer, r.Header.Values(l.opts.ForwardedHeader), l.trusts)
}

// trustsSocket reports whether the peer is a trusted unix socket, which
// net/http calls "@" or by its path.
func (l *limiter) trustsSocket(peer string) bool {
	return len(l.opts.TrustedProxies) > 0 &&
		(peer == "" || strings.HasPrefix(peer, "@") || strings.HasPrefix(peer, "/"))
}

func (l *limiter) trusts(addr netip.Addr) bool {
	for _, p := range l.opts.TrustedProxies {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// lastUntrusted returns the last address in the lines of a header that is not
// trusted. Where the list ends, or before anything that is not an address, it
// returns the last valid one.
func lastUntrusted(peer netip.Addr, lines []string, trusts func(netip.Addr) bool) netip.Addr {
	for i := len(lines) - 1; i >= 0; i-- {
		for list, more := lines[i], true; more; {
			var item string
			list, item, more = cutLast(list)
			addr, ok := parseAddr(strings.Trim(item, " \t"))
			if !ok {
				return peer
			}
			peer = addr
			if !trusts(addr) {
				return addr
			}
		}
	}
	return peer
}

// cutLast cuts a list before its last item.
func cutLast(list string) (before, last string, found bool) {
	i := strings.LastIndexByte(list, ',')
	if i < 0 {
		return "", list, false
	}
	return list[:i], list[i+1:], true
}

// parseAddr reads an address, alone or with a port. An IPv4 address that is
// written as IPv6 is returned as IPv4, and a zone is dropped.
func parseAddr(text string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		var withPort netip.AddrPort
		withPort, err = netip.ParseAddrPort(text)
		addr = withPort.Addr()
	}
	if err != nil {
		return netip.Addr{}, false
	}
	return addr.WithZone("").Unmap(), true
}
