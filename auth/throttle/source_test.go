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
		{"malformed at once", proxies, proxy, []string{"198.51.100.1, "}, "10.0.0.1/32"},
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
		"::ffff:10.0.0.1,10.0.0.1", "fe80::1%eth0, 10.0.0.1", "192.0.2.1\n10.0.0.1", " \t10.0.0.1 ,10.0.0.2\n",
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
		got := throttle.LastUntrusted(peer, lines, trusts)
		want := peer
		items := strings.Split(strings.Join(lines, ","), ",")
		for i := len(items) - 1; i >= 0 && trusts(want); i-- {
			addr, ok := throttle.ParseAddr(strings.Trim(items[i], " \t"))
			if !ok {
				break
			}
			want = addr
		}
		if got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
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
