package cookie

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/jamsession/jamsession/internal/punycode"
)

// domainFlaw says why browsers would drop a cookie with this Domain on every
// host. A dot in front is allowed, and means nothing.
func domainFlaw(domain string) string {
	if domain == "" {
		return ""
	}
	if flaw := notAHost(domain); flaw != "" {
		return flaw
	}
	name := strings.TrimPrefix(domain, ".")
	labels := strings.Split(name, ".")
	last := labels[len(labels)-1]
	switch {
	case len(name) > 253:
		return "want at most 253 bytes"
	case !allLabels(labels):
		return "want a host name of letters, digits, hyphens and dots"
	case isNumber(last):
		return "want it empty, since browsers keep no cookies for all hosts below an address"
	case len(labels) == 1:
		return "want a name with a dot, or empty for this host only"
	}
	return ""
}

// notAHost knows what is often written in place of a host.
func notAHost(domain string) string {
	switch bare := strings.Trim(domain, "[]"); {
	case strings.Contains(domain, "://"):
		return "want a host name without a scheme"
	case isIPv6(bare):
		return "want it empty, since browsers keep no cookies for all hosts below an address"
	case strings.Contains(domain, ":"):
		return "want a host name without a port"
	case strings.Contains(domain, "*"):
		return "want a host name without a wildcard; all hosts below it have the cookie anyway"
	case strings.Contains(domain, "/"):
		return "want a host name without a path"
	}
	return punycode.Hint(domain)
}

func isIPv6(s string) bool {
	addr, err := netip.ParseAddr(s)
	return err == nil && addr.Is6()
}

func allLabels(labels []string) bool {
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.Trim(label, letters+"-_") != "" ||
			label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return true
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// isNumber reports whether browsers read a host that ends in this label as an
// address of IPv4: it is a number, decimal or hexadecimal (WHATWG URL, "ends in a
// number").
func isNumber(label string) bool {
	hex := strings.ToLower(label)
	if rest, ok := strings.CutPrefix(hex, "0x"); ok {
		return strings.Trim(rest, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}

// pathFlaw says why no request would match this Path: the path of a request
// has no control character, space or letter beyond ASCII, and no query.
func pathFlaw(path string) string {
	switch {
	case path == "":
		return ""
	case path[0] != '/':
		return `want a path that begins with "/"`
	case len(path) > maxAttribute:
		return fmt.Sprintf("want at most %d bytes", maxAttribute)
	}
	for _, c := range []byte(path) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`;?#"<>\^{|}`+"`", c) >= 0 {
			return "want the path of an address, with %20 for a space"
		}
	}
	return ""
}
