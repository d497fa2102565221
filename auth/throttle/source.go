package throttle

import (
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"
)

// SourceOf returns the network that a request came from, as it is counted: an
// address such as "192.0.2.1/32", or an IPv6 network of 64 bits. It is
// "invalid Prefix" if the source is not known.
func (l *limiter) SourceOf(r *http.Request) string { return l.source(r).String() }

// source returns the network that a request came from; zero if it is not
// known.
func (l *limiter) source(r *http.Request) netip.Prefix { return network(l.visitor(r)) }

// visitor returns the address from which the outermost trusted proxy was
// called. Anybody may have written the addresses to the left of it in the
// header.
func (l *limiter) visitor(r *http.Request) netip.Addr {
	peer, ok := parseAddr(r.RemoteAddr)
	if !l.trusts(peer) && (ok || !l.trustsSocket(r.RemoteAddr)) {
		if !ok {
			l.warnUnread(r, peer, "the address of a peer cannot be read", r.RemoteAddr)
		}
		return peer
	}
	lines := r.Header.Values(l.opts.ForwardedHeader)
	addr, unread := lastUntrusted(peer, lines, l.form(), l.trusts)
	switch {
	case unread != "":
		l.warnUnread(r, addr, "a trusted proxy wrote something that is not an address", unread)
	case !addr.IsValid():
		l.warnUnread(r, addr, "a trusted proxy wrote no address", "")
	}
	return addr
}

// form returns the form of the header.
func (l *limiter) form() listForm {
	if strings.EqualFold(l.opts.ForwardedHeader, "Forwarded") {
		return forwardedForm
	}
	return addressForm
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

// A listForm is how a header lists addresses.
type listForm struct {
	cutLast func(list string) (before, last string, more bool)
	parse   func(item string) (netip.Addr, bool)
}

// addressForm is that of X-Forwarded-For, and of headers with one address.
var addressForm = listForm{cutLast, parseItem}

// maxHops is how many items of a header are looked at.
const maxHops = 64

// lastUntrusted returns the last address in the lines of a header that is not
// trusted. Where the list ends, or before anything that is not an address, it
// returns the last valid one, and then also what could not be read. Empty items
// do not count (RFC 9110, 5.6.1.2).
func lastUntrusted(
	peer netip.Addr, lines []string, form listForm, trusts func(netip.Addr) bool,
) (addr netip.Addr, unread string) {
	hops := 0
	for i := len(lines) - 1; i >= 0; i-- {
		for list, more := lines[i], true; more; {
			var item string
			list, item, more = form.cutLast(list)
			if hops++; hops > maxHops {
				return peer, "too many items"
			}
			if item = strings.Trim(item, " \t"); item == "" {
				continue
			}
			addr, ok := form.parse(item)
			if !ok {
				return peer, item
			}
			peer = addr
			if !trusts(addr) {
				return addr, ""
			}
		}
	}
	return peer, ""
}

// cutLast cuts a list before its last item.
func cutLast(list string) (before, last string, found bool) {
	i := strings.LastIndexByte(list, ',')
	if i < 0 {
		return "", list, false
	}
	return list[:i], list[i+1:], true
}

// A warning is logged at most once a minute, for all requests of a limiter.
type warning struct{ last atomic.Int64 }

func (w *warning) due(now time.Time) bool {
	at, last := now.UnixMicro(), w.last.Load()
	recent := last <= at && at < last+time.Minute.Microseconds()
	return !recent && w.last.CompareAndSwap(last, at)
}

// maxShown is how many bytes of an item are logged.
const maxShown = 64

// warnUnread logs why the address of a visitor is not known: all visitors for
// whom that is so are counted together.
func (l *limiter) warnUnread(r *http.Request, counted netip.Addr, why, item string) {
	if !l.unread.due(l.now()) {
		return
	}
	if len(item) > maxShown {
		item = item[:maxShown] + "..."
	}
	l.opts.Logger.WarnContext(r.Context(), why+": the visitors for whom that is so are counted together",
		slog.String("purpose", l.opts.Purpose), slog.String("header", l.opts.ForwardedHeader),
		slog.String("address", item), slog.String("source", network(counted).String()))
}
