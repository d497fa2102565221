package throttle

import (
	"net/netip"
	"strings"
)

// maxAddress is longer than any address with its zone, port, brackets and quotes.
const maxAddress = 128

// parseItem reads an address as proxies write it in a list: also in quotes.
func parseItem(text string) (netip.Addr, bool) {
	if n := len(text); n >= 2 && text[0] == '"' && text[n-1] == '"' {
		text = strings.Trim(text[1:n-1], " \t")
	}
	return parseAddr(text)
}

// parseAddr reads an address, alone or with a port, IPv6 with or without
// brackets. An IPv4 address that is written as IPv6 is returned as IPv4, and a
// zone is dropped.
func parseAddr(text string) (netip.Addr, bool) {
	if len(text) > maxAddress {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(withoutPort(text))
	if err != nil {
		return netip.Addr{}, false
	}
	return addr.WithZone("").Unmap(), true
}

// withoutPort returns the address in "192.0.2.1:80", "[2001:db8::1]:80" or
// "[2001:db8::1]". After an IPv6 address without brackets, which Azure writes, a
// port can be told from the address if that has all of its eight groups.
func withoutPort(text string) string {
	if rest, ok := strings.CutPrefix(text, "["); ok {
		addr, port, closed := strings.Cut(rest, "]")
		if !closed || !strings.Contains(addr, ":") || port != "" && !isPort(port) {
			return ""
		}
		return addr
	}
	colons, last := strings.Count(text, ":"), strings.LastIndexByte(text, ':')
	if (colons == 1 || colons == 8 && !strings.Contains(text, "::")) && isPort(text[last:]) {
		return text[:last]
	}
	return text
}

// isPort reports whether text is a colon and a port, or nothing, which is a
// port that is not known (RFC 3986, 3.2.3).
func isPort(text string) bool {
	digits, ok := strings.CutPrefix(text, ":")
	return ok && len(digits) <= len("65535") && strings.Trim(digits, "0123456789") == ""
}

// network returns the network that shares a bucket with an address: one IPv4
// address, or 64 bits of IPv6, which is the least that a customer gets. It is
// zero for the zero Addr.
func network(addr netip.Addr) netip.Prefix {
	addr = asIPv4(addr)
	bits := 64
	switch {
	case addr.Is4():
		bits = 32
	case localNAT64.Contains(addr):
		bits = 128 // each is one IPv4 address
	}
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return prefix
}

// The networks whose IPv6 addresses stand for IPv4 addresses.
var (
	nat64      = netip.MustParsePrefix("64:ff9b::/96")    // RFC 6052
	localNAT64 = netip.MustParsePrefix("64:ff9b:1::/48")  // RFC 8215
	siit       = netip.MustParsePrefix("::ffff:0:0:0/96") // RFC 2765
	sixToFour  = netip.MustParsePrefix("2002::/16")       // RFC 3056
	teredo     = netip.MustParsePrefix("2001::/32")       // RFC 4380
)

// asIPv4 returns the IPv4 address that an IPv6 address stands for: otherwise
// all of IPv4 would share one network of 64 bits, or one IPv4 address would have
// 65536 of them. It is for counting only: nobody is trusted for the address
// within.
func asIPv4(addr netip.Addr) netip.Addr {
	if !addr.Is6() {
		return addr
	}
	b := addr.As16()
	within := [4]byte(b[12:])
	switch {
	case nat64.Contains(addr), siit.Contains(addr):
	case localNAT64.Contains(addr) && [6]byte(b[6:12]) == [6]byte{}:
	case sixToFour.Contains(addr):
		within = [4]byte(b[2:6])
	case teredo.Contains(addr):
		for i := range within {
			within[i] ^= 0xff
		}
	default:
		return addr
	}
	return netip.AddrFrom4(within)
}
