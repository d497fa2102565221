package devices

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// addressOf returns what is kept of the visitor's address; "" if it is not known.
func (d *Devices) addressOf(r *http.Request) string {
	return d.kept.cut(d.opts.Source(r))
}

// cut returns what is left of an address; "" of a text that is not one.
func (k AddressKind) cut(address string) string {
	network, ok := parseNetwork(address)
	if !ok || k == AddressNone {
		return ""
	}
	if k == AddressShort {
		bits := 48
		if network.Addr().Is4() {
			bits = 24
		}
		network = netip.PrefixFrom(network.Addr(), min(bits, network.Bits())).Masked()
	}
	if network.IsSingleIP() {
		return network.Addr().String()
	}
	return network.String()
}

// parseNetwork reads an address, alone or with a port, or a network.
func parseNetwork(text string) (netip.Prefix, bool) {
	if strings.Contains(text, "/") {
		network, err := netip.ParsePrefix(text)
		return network.Masked(), err == nil
	}
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	addr = addr.WithZone("").Unmap()
	return netip.PrefixFrom(addr, addr.BitLen()), true
}
