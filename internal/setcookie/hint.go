package setcookie

import (
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"

	"github.com/jamsession/jamsession/cookie"
)

// A Hint says once, in the log, why a cookie does not come back. The zero value is ready
// for use.
type Hint struct{ given atomic.Bool }

// Give logs the hint if browsers drop the cookie that answers r: it is Secure, and r came
// over plain HTTP from the local network. A proxy that ends TLS says so in a header, and
// has a name of its own.
func (h *Hint) Give(logger *slog.Logger, o *cookie.Options, r *http.Request) {
	if r.TLS != nil || h.given.Load() || !inLocalNetwork(r.Host) || proxied(r.Header) ||
		!IsSecure(o, r) || h.given.Swap(true) {
		return
	}
	logger.WarnContext(r.Context(), "the cookie is Secure, and browsers drop it over plain HTTP to this "+
		"host, so that no login lasts: use HTTPS or http://localhost, or, on a network that you trust, "+
		"set Secure to cookie.SecureNeverUnsafe (SESSION_COOKIE_SECURE and CSRF_COOKIE_SECURE to false)",
		slog.String("cookie", o.Name), slog.String("host", r.Host))
}

// inLocalNetwork reports whether host, which may have a port, is an address or a name that
// means something in a local network only, and is not this machine's own.
func inLocalNetwork(host string) bool {
	host = withoutPort(host)
	if mayBeAddress(host) {
		addr, err := netip.ParseAddr(host)
		addr = addr.Unmap()
		return err == nil && (addr.IsPrivate() || addr.IsUnspecified() || addr.IsLinkLocalUnicast())
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "" || loopback(host) {
		return false
	}
	dot := strings.LastIndexByte(host, '.')
	switch host[dot+1:] {
	case "local", "lan", "internal", "home":
		return true
	}
	return dot < 0 || strings.HasSuffix(host, ".home.arpa")
}
