package safeurl

import (
	"net/netip"
	"strings"
)

// Host returns the host of a request or an address as browsers write it in an Origin: in
// lower case, and without the port if that is the default of the scheme. Two hosts are
// the same if it returns the same for both.
func Host(host, scheme string) string {
	host = strings.ToLower(host)
	port := ":80"
	if scheme == "https" {
		port = ":443"
	}
	if name, ok := strings.CutSuffix(host, port); ok && name != "" && !strings.HasSuffix(name, ":") {
		return name
	}
	return host
}

// IsLoopback reports whether a host, without a port, is this machine by its name or its
// address, so that nobody can listen on the way.
func IsLoopback(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") ||
		err == nil && ip.Unmap().IsLoopback()
}
