package setcookie

import (
	"net/http"
	"net/netip"
	"strings"
)

// autoSecure reports whether a cookie that answers r is to be Secure when
// nobody said which: always, except over plain HTTP to a loopback host, that
// is on the programmer's own machine. A header of a proxy ends the exception,
// because the browser may be anywhere then, and probably uses HTTPS. So does
// HTTP/1.0: no browser speaks it, but nginx does to the servers behind it, and
// it names them in Host, unless it is told otherwise.
func autoSecure(r *http.Request) bool {
	return r.TLS != nil || !loopback(r.Host) || r.ProtoMajor == 1 && r.ProtoMinor == 0 || proxied(r.Header)
}

func proxied(h http.Header) bool {
	for _, name := range proxyHeaders {
		if len(h[name]) > 0 {
			return true
		}
	}
	return false
}

var proxyHeaders = [...]string{
	"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip",
}

// mayBeAddress reports what cannot be a name: the names of top-level domains begin with
// a letter, and no name has a colon.
func mayBeAddress(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last != "" && '0' <= last[0] && last[0] <= '9' || strings.IndexByte(host, ':') >= 0
}

// loopback reports whether host, which may have a port, names this machine.
func loopback(host string) bool {
	host = withoutPort(host)
	if mayBeAddress(host) {
		addr, err := netip.ParseAddr(host)
		return err == nil && addr.IsLoopback()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

func withoutPort(host string) string {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		host, _, _ = strings.Cut(inner, "]")
		return host
	}
	host, _, _ = strings.Cut(host, ":")
	return host
}
