package throttle_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth/throttle"
)

func prefixes(list ...string) (all []netip.Prefix) {
	for _, p := range list {
		all = append(all, netip.MustParsePrefix(p))
	}
	return all
}

var proxies = prefixes("10.0.0.0/8", "2001:db8:ffff::/48")

const (
	proxy   = "10.0.0.1:1"
	visitor = "198.51.100.1/32"
)

// TestA20TrustedProxies: only what a trusted proxy has written counts.
func TestA20TrustedProxies(t *testing.T) {
	for _, c := range []struct {
		name    string
		trusted []netip.Prefix
		peer    string
		headers []string
		want    string
	}{
		{"no proxy", nil, home, nil, "192.0.2.1/32"},
		{"no proxy is trusted", nil, proxy, []string{"198.51.100.1"}, "10.0.0.1/32"},
		{"a stranger's header", proxies, home, []string{"198.51.100.1"}, "192.0.2.1/32"},
		{"a proxy", proxies, proxy, []string{"198.51.100.1"}, visitor},
		{"two proxies", proxies, proxy, []string{"198.51.100.1, 10.9.9.9"}, visitor},
		{"a spoofed first item", proxies, proxy, []string{"192.0.2.66, 198.51.100.1"}, visitor},
		{"a spoofed proxy", proxies, proxy, []string{"192.0.2.66, 10.0.0.2, 198.51.100.1"}, visitor},
		{"lines are one list", proxies, proxy, []string{"192.0.2.66", "198.51.100.1, 10.0.0.2"}, visitor},
		{"the last line is a proxy's", proxies, proxy, []string{"198.51.100.1", "10.0.0.2"}, visitor},
		{"only proxies", proxies, proxy, []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3/32"},
		{"no header", proxies, proxy, nil, "10.0.0.1/32"},
		{"an empty header", proxies, proxy, []string{""}, "10.0.0.1/32"},
		{"malformed", proxies, proxy, []string{"198.51.100.1, unknown, 10.0.0.2"}, "10.0.0.2/32"},
		{"malformed at once", proxies, proxy, []string{"198.51.100.1, unknown"}, "10.0.0.1/32"},
		{"a comma at the end", proxies, proxy, []string{"198.51.100.1, "}, visitor},
		{"empty items", proxies, proxy, []string{"198.51.100.1,, ,\t,10.0.0.2,", ""}, visitor},
		{"with ports", proxies, proxy, []string{"198.51.100.1:443,10.0.0.2:80"}, visitor},
		{"IPv4 as IPv6", proxies, "[::ffff:10.0.0.1]:1", []string{"::ffff:198.51.100.1"}, visitor},
		{"IPv6", proxies, "[2001:db8:ffff::1]:1", []string{"2001:db8:1:2:3:4:5:6"}, "2001:db8:1:2::/64"},
		{"IPv6 with a port", proxies, "[2001:db8:ffff::1]:1", []string{"[2001:db8:1:2::]:80"}, "2001:db8:1:2::/64"},
		{"IPv6 with a zone", proxies, "[fe80::1%eth0]:1", nil, "fe80::/64"},
		{"no port", nil, "192.0.2.1", nil, "192.0.2.1/32"},
		{"a unix socket", proxies, "@", []string{"198.51.100.1"}, visitor},
		{"a unix socket by path", proxies, "/run/proxy.sock", []string{"198.51.100.1"}, visitor},
		{"a unix socket, not trusted", nil, "@", []string{"198.51.100.1"}, "invalid Prefix"},
		{"nonsense for a peer", proxies, "nonsense", []string{"198.51.100.1"}, "invalid Prefix"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, throttle.Options{TrustedProxies: c.trusted})
			r := from(c.peer)
			r.Header["X-Forwarded-For"] = c.headers
			if got := s.Source(r).String(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// TestA20SpoofedHeaderBuysNothing: a guesser who invents a header for each
// attempt has the attempts of one source.
func TestA20SpoofedHeaderBuysNothing(t *testing.T) {
	s := open(t, throttle.Options{TrustedProxies: proxies})
	passed := 0
	for i := range 200 {
		r := from(proxy)
		spoofed := netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}).String()
		r.Header["X-Forwarded-For"] = []string{spoofed, spoofed + ", 198.51.100.1"}
		if s.Check(r, spoofed) == nil {
			passed++
		}
	}
	if passed != 50 {
		t.Errorf("%d attempts passed, want 50", passed)
	}
}

// TestA20NetworkOf64Bits: the addresses of one customer are one source.
func TestA20NetworkOf64Bits(t *testing.T) {
	s := open(t, throttle.Options{})
	for i := range 50 {
		addr := netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 0, 1, 0, 2, byte(i), 15: byte(i)})
		s.wantPass(from(netip.AddrPortFrom(addr, 1).String()), fmt.Sprint("user", i))
	}
	s.wantLimited(from("[2001:db8:1:2:ffff::]:1"), "z", throttle.BucketSource, 2e9)
	s.wantPass(from("[2001:db8:1:3::]:1"), "z")
}

// TestOwnHeader: another header counts instead, and the usual one does not.
func TestOwnHeader(t *testing.T) {
	s := open(t, throttle.Options{TrustedProxies: proxies, ForwardedHeader: "x-real-ip"})
	r := from(proxy)
	r.Header.Set("X-Forwarded-For", "192.0.2.66")
	r.Header.Set("X-Real-IP", "198.51.100.1")
	if got := s.Source(r).String(); got != visitor {
		t.Errorf("got %s", got)
	}
}

// TestLogHintsAtAProxy: an operator who forgot to name the proxy finds out
// why all visitors share one source.
func TestLogHintsAtAProxy(t *testing.T) {
	for _, c := range []struct {
		trusted []netip.Prefix
		want    bool
	}{{nil, true}, {proxies, false}} {
		s := open(t, throttle.Options{TrustedProxies: c.trusted, PerSource: throttle.Limit{Burst: 1, Every: 1e9}})
		r := from(proxy)
		r.Header.Set("X-Forwarded-For", "198.51.100.1")
		s.wantPass(r, "a")
		s.wantLimited(r, "b", throttle.BucketSource, 1e9)
		if got := strings.Contains(s.log.String(), "TrustedProxies"); got != c.want {
			t.Errorf("hint is %v:\n%s", got, s.log.String())
		}
	}
}

// FuzzForwardedFor compares with a second reading of the rule: of the longest
// valid end of the list, the last address that is not trusted, or else its
// first.
func FuzzForwardedFor(f *testing.F) {
	for _, s := range []string{
		"", "192.0.2.1", "192.0.2.1, 10.0.0.1", "x,10.0.0.1", "10.0.0.1,,10.0.0.2", "[::1]:80,10.1.1.1:5",
		"::ffff:10.0.0.1,10.0.0.1", "fe80::1%eth0, 10.0.0.1", "192.0.2.1\n10.0.0.1",
		"\"[2001:db8::1]:80\",10.0.0.1", "[2001:db8::1],", "2001:db8:0:0:0:0:0:1:51234", " \t10.0.0.1 ,10.0.0.2\n",
	} {
		f.Add(s)
	}
	peer := netip.MustParseAddr("10.0.0.1")
	trusts := func(a netip.Addr) bool { return proxies[0].Contains(a) || proxies[1].Contains(a) }
	f.Fuzz(func(t *testing.T, text string) {
		var lines []string
		if text != "" {
			lines = strings.Split(text, "\n")
		}
		got, unread := throttle.LastUntrusted(peer, lines, trusts)
		want := peer
		items := strings.Split(strings.Join(lines, ","), ",")
		told := false
		for i := len(items) - 1; i >= 0 && trusts(want) && !told; i-- {
			item := strings.Trim(items[i], " \t")
			if addr, ok := throttle.ParseItem(item); ok && len(items)-i <= throttle.MaxHops {
				want = addr
			} else if item != "" || len(items)-i > throttle.MaxHops {
				told = true
			}
		}
		if got != want || told != (unread != "") {
			t.Errorf("%q: got %v and %q, want %v and %v", text, got, unread, want, told)
		}
		if !got.IsValid() || got.Is4In6() || got.Zone() != "" {
			t.Errorf("%q: %v is not in its one form", text, got)
		}
	})
}

// TestAllowSource: each source has its own, which come back, and nobody is made
// to wait.
func TestAllowSource(t *testing.T) {
	s := open(t, throttle.Options{PerSource: throttle.Limit{Burst: 3, Every: time.Minute}, Purpose: "new session"})
	allowed := func(addr string) (n int) {
		for range 10 {
			if s.AllowSource(from(addr)) {
				n++
			}
		}
		return n
	}
	if a, b := allowed(evil), allowed(home); a != 3 || b != 3 {
		t.Errorf("%d and %d of 10 are allowed, want 3", a, b)
	}
	s.now = s.now.Add(2 * time.Minute)
	if n := allowed(evil); n != 2 {
		t.Errorf("%d are allowed after two minutes, want 2", n)
	}
	if s.log.Len() > 0 || len(s.limited) > 0 {
		t.Errorf("told: %s %v", s.log.String(), s.limited)
	}
}

// TestAllowSourceWithoutTheStore goes by FailOpen, except for visitors who
// hang up.
func TestAllowSourceWithoutTheStore(t *testing.T) {
	for _, open := range []bool{false, true} {
		allow, err := throttle.AllowSource(failing{}, keys, &throttle.Options{FailOpen: open})
		if err != nil {
			t.Fatal(err)
		}
		if got := allow(from(home)); got != open {
			t.Errorf("FailOpen %v: %v", open, got)
		}
		ctx, hangUp := context.WithCancel(t.Context())
		hangUp()
		if allow(from(home).WithContext(ctx)) {
			t.Errorf("FailOpen %v: who hung up is allowed", open)
		}
	}
}

// TestAddressesAsProxiesWriteThem: each form has the one address of its visitor.
func TestAddressesAsProxiesWriteThem(t *testing.T) {
	const v6 = "2001:db8:1:2::/64"
	for item, want := range map[string]string{
		"198.51.100.1":                visitor, // nginx, Caddy, Traefik, Envoy
		"198.51.100.1:48222":          visitor, // Application Gateway, load balancers of AWS
		"198.51.100.1:":               visitor,
		`"198.51.100.1"`:              visitor,
		`"198.51.100.1:48222"`:        visitor,
		`" 198.51.100.1 "`:            visitor,
		"::ffff:198.51.100.1":         visitor,
		"::ffff:c633:6401":            visitor,
		"::FFFF:198.51.100.1":         visitor,
		"[::ffff:198.51.100.1]:48222": visitor,

		"2001:db8:1:2::7":            v6,
		"2001:DB8:1:2::7":            v6,
		"[2001:db8:1:2::7]":          v6,
		"[2001:db8:1:2::7]:48222":    v6,
		"[2001:db8:1:2::7]:":         v6,
		`"[2001:db8:1:2::7]:48222"`:  v6,
		`"[2001:db8:1:2::7]"`:        v6,
		`"2001:db8:1:2::7"`:          v6,
		"2001:db8:1:2:0:0:0:7:48222": v6,
		"2001:db8:1:2::7%eth0":       v6,
		"[2001:db8:1:2::7%eth0]":     v6,
		"[2001:db8:1:2::7%eth0]:443": v6,

		"unknown": "", "_hidden": "", "unix:": "", "localhost": "", "198.51.100": "", "198.51.100.1.1": "",
		"198.51.100.256": "", "198.51.100.1/32": "", "[198.51.100.1]": "", "[2001:db8:1:2::7": "",
		"2001:db8:1:2::7]": "", "[2001:db8:1:2::7]x": "", "[2001:db8:1:2::7]:x": "", "198.51.100.1:x": "",
		"198.51.100.1:123456": "", `"198.51.100.1`: "", `"`: "", `""`: "", "[]": "", "[": "", ":": "",
		"198.51.100.1 10.0.0.1": "", "2001:db8:1:2::7%" + strings.Repeat("e", 200): "",
	} {
		addr, ok := throttle.ParseItem(item)
		if got := throttle.Network(addr).String(); ok != (want != "") || ok && got != want {
			t.Errorf("%s: %s, %v; want %q", item, got, ok, want)
		}
	}
}

// TestAddressesOfTransition: an IPv6 address that stands for an IPv4 address is
// counted as that one, so that the whole of IPv4 does not share a network, and
// no IPv4 address has several.
func TestAddressesOfTransition(t *testing.T) {
	for addr, want := range map[string]string{
		"64:ff9b::198.51.100.1":                visitor, // NAT64
		"64:ff9b::c633:6401":                   visitor,
		"64:ff9b:1::198.51.100.1":              visitor, // NAT64 of one's own
		"64:ff9b:1:c633:64:100::":              "64:ff9b:1:c633:64:100::/128",
		"64:ff9b:1:fffe:0:1:c633:6401":         "64:ff9b:1:fffe:0:1:c633:6401/128",
		"::ffff:0:198.51.100.1":                visitor, // SIIT
		"2002:c633:6401::1":                    visitor, // 6to4
		"2002:c633:6401:ffff:1:2:3:4":          visitor,
		"2001:0:4136:e378:8000:63bf:39cc:9bfe": visitor, // Teredo
		"64:ff9b:0:0:0:1:c633:6401":            "64:ff9b::/64",
		"64:ff9b:2::c633:6401":                 "64:ff9b:2::/64",
		"2001:db8::198.51.100.1":               "2001:db8::/64",
		"2003::1":                              "2003::/64",
	} {
		if got := throttle.Network(netip.MustParseAddr(addr)).String(); got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
}

// TestA20NoAddressWithinIsTrusted: an address of IPv6 that contains a proxy's is
// not the proxy.
func TestA20NoAddressWithinIsTrusted(t *testing.T) {
	s := open(t, throttle.Options{TrustedProxies: proxies})
	for _, peer := range []string{"64:ff9b::10.0.0.1", "2002:0a00:0001::1", "64:ff9b:1::10.0.0.1", "::ffff:0:10.0.0.1"} {
		r := from("[" + peer + "]:1")
		r.Header.Set("X-Forwarded-For", "198.51.100.1")
		if got := s.Source(r).String(); got != "10.0.0.1/32" {
			t.Errorf("%s: %s", peer, got)
		}
	}
}

// TestForwarded: the header of RFC 7239, if the options name it.
func TestForwarded(t *testing.T) {
	for _, c := range []struct {
		headers []string
		want    string
	}{
		{[]string{"for=198.51.100.1"}, visitor},
		{[]string{"For=198.51.100.1;proto=https;by=10.0.0.1"}, visitor},
		{[]string{`by=10.0.0.1; FOR="198.51.100.1:47011" ;host="a,b;for=192.0.2.66"`}, visitor},
		{[]string{`for="198.51.100.1:_port"`}, visitor},
		{[]string{`for=198.51.100.1:443`}, visitor},
		{[]string{`for="[2001:db8:1:2::7]:4711"`}, "2001:db8:1:2::/64"},
		{[]string{`for="[2001:db8:1:2::7]"`}, "2001:db8:1:2::/64"},
		{[]string{`for="[2001:db8:1:2::7]:_x"`}, "2001:db8:1:2::/64"},
		{[]string{`for=[2001:db8:1:2::7]:4711;proto=http`}, "2001:db8:1:2::/64"},
		{[]string{`for="\1\98.51.100.1"`}, visitor},
		{[]string{`for="::ffff:198.51.100.1"`}, visitor},
		{[]string{`for="[64:ff9b::198.51.100.1]"`}, visitor},
		{[]string{"for=192.0.2.66, for=198.51.100.1, for=10.0.0.2"}, visitor},
		{[]string{"for=192.0.2.66", "for=198.51.100.1", "for=10.0.0.2"}, visitor},
		{[]string{"for=198.51.100.1,, for=10.0.0.2,", ""}, visitor},
		{[]string{`for="evil, for=198.51.100.1`}, visitor},
		{[]string{`for=192.0.2.66;host="evil\", for=198.51.100.1`}, visitor},
		{[]string{`host="evil`, `for=198.51.100.1`}, visitor},
		{[]string{`for=192.0.2.66, for=198.51.100.1;host="a\"b,for=192.0.2.67"`}, visitor},
		{[]string{`for=198.51.100.1;host="\\"`}, visitor},

		{[]string{"for=198.51.100.1, for=unknown"}, "10.0.0.1/32"},
		{[]string{"for=198.51.100.1, for=_hidden, for=10.0.0.2"}, "10.0.0.2/32"},
		{[]string{`for="_SEVKISEK"`}, "10.0.0.1/32"},
		{[]string{"for=198.51.100.1, proto=https"}, "10.0.0.1/32"},
		{[]string{"for=198.51.100.1;for=192.0.2.66"}, "10.0.0.1/32"},
		{[]string{"for=198.51.100.1;nonsense"}, "10.0.0.1/32"},
		{[]string{"198.51.100.1"}, "10.0.0.1/32"},
		{[]string{`for=198.51.100.1"`}, "10.0.0.1/32"},
		{[]string{`for="198.51.100.1"x`}, "10.0.0.1/32"},
		{[]string{"for="}, "10.0.0.1/32"},
		{[]string{"for=198.51.100.1;host=" + strings.Repeat("a", 2000)}, "10.0.0.1/32"},
		{nil, "10.0.0.1/32"},
	} {
		s := open(t, throttle.Options{TrustedProxies: proxies, ForwardedHeader: "forwarded"})
		r := from(proxy)
		r.Header["Forwarded"] = c.headers
		r.Header.Set("X-Forwarded-For", "192.0.2.99")
		if got := s.Source(r).String(); got != c.want {
			t.Errorf("%q: %s, want %s", c.headers, got, c.want)
		}
	}
	s := open(t, throttle.Options{TrustedProxies: proxies, ForwardedHeader: "Forwarded"})
	r := from(home)
	r.Header.Set("Forwarded", "for=198.51.100.1")
	if got := s.Source(r).String(); got != "192.0.2.1/32" {
		t.Errorf("a stranger's header: %s", got)
	}
}

// FuzzForwarded: whatever a visitor writes before it, the element of the proxy
// counts.
func FuzzForwarded(f *testing.F) {
	for _, s := range []string{
		"", "for=192.0.2.66", `for="`, `for="\`, `"`, `\`, `for="a\"`, `for="a\\"`, `x="`, ",", ";", "=", `","`,
	} {
		f.Add(s)
	}
	peer := netip.MustParseAddr("10.0.0.1")
	trusts := func(a netip.Addr) bool { return proxies[0].Contains(a) || proxies[1].Contains(a) }
	f.Fuzz(func(t *testing.T, text string) {
		for _, element := range []string{
			"for=198.51.100.1", `for="198.51.100.1:80";host="a,b"`, `proto=https;for=198.51.100.1;by="_x\"\\"`,
		} {
			got, unread := throttle.LastForwarded(peer, []string{text + ", " + element}, trusts)
			if got.String() != "198.51.100.1" || unread != "" {
				t.Errorf("%q, %s: %v, %q", text, element, got, unread)
			}
		}
		got, _ := throttle.LastForwarded(peer, []string{text}, trusts)
		if !got.IsValid() || got.Is4In6() || got.Zone() != "" {
			t.Errorf("%q: %v is not in its one form", text, got)
		}
	})
}

// TestUnreadAddressIsLogged, once a minute, with no more than what the proxy
// wrote: everybody behind it shares a source.
func TestUnreadAddressIsLogged(t *testing.T) {
	s := open(t, throttle.Options{TrustedProxies: proxies})
	ask := func(header string) string {
		s.log.Reset()
		r := from(proxy)
		r.Header.Set("X-Forwarded-For", header)
		s.Source(r)
		return s.log.String()
	}
	if log := ask("192.0.2.66, 198.51.100.1"); log != "" {
		t.Errorf("a valid address: %s", log)
	}
	if log := ask("hunter2, 198.51.100.1"); log != "" {
		t.Errorf("what a visitor wrote: %s", log)
	}
	log := ask("hunter2, unknown")
	for _, want := range []string{"address=unknown", "source=10.0.0.1/32", "X-Forwarded-For"} {
		if !strings.Contains(log, want) {
			t.Errorf("%s is not in the log: %s", want, log)
		}
	}
	if strings.Contains(log, "hunter2") {
		t.Errorf("what a visitor wrote: %s", log)
	}
	if log := ask("unknown"); log != "" {
		t.Errorf("twice in a minute: %s", log)
	}
	s.now = s.now.Add(time.Minute)
	if log := ask(strings.Repeat("u", 5000)); log == "" || len(log) > 500 {
		t.Errorf("a minute later, %d bytes: %.500s", len(log), log)
	}
	s.now = s.now.Add(time.Minute)
	if log := ask(strings.Repeat("10.0.0.2,", throttle.MaxHops+1)); !strings.Contains(log, "too many items") {
		t.Errorf("a list of proxies only: %.500s", log)
	}
}

// TestLogHintsAtAProxyThatSaysNothing: the proxy is trusted, and does not send
// the header.
func TestLogHintsAtAProxyThatSaysNothing(t *testing.T) {
	s := open(t, throttle.Options{TrustedProxies: proxies, PerSource: throttle.Limit{Burst: 1, Every: 1e9}})
	s.wantPass(from(proxy), "a")
	s.wantLimited(from(proxy), "b", throttle.BucketSource, 1e9)
	if log := s.log.String(); !strings.Contains(log, "send the visitor's in X-Forwarded-For") {
		t.Errorf("no hint: %s", log)
	}
}

// TestUnreadPeerIsLogged: a server on a unix socket without TrustedProxies, or
// behind a proxy there that sends nothing.
func TestUnreadPeerIsLogged(t *testing.T) {
	for peer, c := range map[string]struct {
		trusted []netip.Prefix
		want    string
	}{
		"@":        {nil, "the address of a peer cannot be read"},
		"nonsense": {proxies, "the address of a peer cannot be read"},
		"/run/s":   {proxies, "a trusted proxy wrote no address"},
		home:       {proxies, ""},
		proxy:      {proxies, ""}, // a check of the proxy's own
	} {
		s := open(t, throttle.Options{TrustedProxies: c.trusted})
		for range 3 {
			s.Source(from(peer))
		}
		n := strings.Count(s.log.String(), "counted together")
		if !strings.Contains(s.log.String(), c.want) || n != min(len(c.want), 1) {
			t.Errorf("%s: %s", peer, &s.log)
		}
	}
}
