package conf

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// checkOrigins finds what Django's "check" finds without "--deploy".
func (s *Settings) checkOrigins() []Finding {
	var findings []Finding
	for _, origin := range s.CSRFTrustedOrigins {
		if !isOrigin(origin) {
			findings = append(findings, Finding{
				Level: LevelError, ID: "4_0.E001",
				Message: fmt.Sprintf("CSRF_TRUSTED_ORIGINS has %q, which is not an origin.", origin),
				Hint:    `Write scheme and host, such as "https://example.com".`,
			})
		}
	}
	return findings
}

// checkTrustedOrigins asks who else may send forms.
func (s *Settings) checkTrustedOrigins() []Finding {
	var findings []Finding
	for _, origin := range s.CSRFTrustedOrigins {
		scheme, host, _ := strings.Cut(origin, "://")
		if strings.EqualFold(scheme, "http") {
			findings = append(findings, warn("jamsession.W040",
				fmt.Sprintf("CSRF_TRUSTED_ORIGINS has %q: anyone on the network path of plain HTTP "+
					"can make its pages send forms.",
					origin), "Write https://.")...)
		}
		if domain, wide := strings.CutPrefix(host, "*."); wide && isWide(domain) {
			findings = append(findings, warn("jamsession.W041",
				fmt.Sprintf("CSRF_TRUSTED_ORIGINS has %q: sites of strangers may send forms.", origin),
				"Name the hosts, or a domain that is yours.")...)
		}
	}
	return findings
}

// isWide reports whether a domain is one below which anyone gets a name.
func isWide(domain string) bool {
	domain, _, _ = strings.Cut(domain, ":")
	return !strings.Contains(strings.Trim(domain, "."), ".")
}

func (s *Settings) checkHosts() []Finding {
	if len(s.AllowedHosts) == 0 {
		return warn("security.W020",
			"ALLOWED_HOSTS is empty: the site answers to any name that a visitor sends.",
			"Name the hosts of the site, such as www.example.com.")
	}
	var findings []Finding
	for _, host := range s.AllowedHosts {
		domain, wide := strings.CutPrefix(host, ".")
		if host == "*" || wide && isWide(domain) {
			findings = append(findings, warn("jamsession.W042",
				fmt.Sprintf("ALLOWED_HOSTS has %q: the site answers to names of "+
					"strangers.", host),
				"Name the hosts of the site, such as www.example.com.")...)
		}
	}
	return findings
}

// checkAddress asks who can reach the program itself, and what they can
// claim.
func (s *Settings) checkAddress() []Finding {
	proxy := s.SecureProxySSLHeader.Name
	switch {
	case loopback(s.Addr):
		return nil
	case proxy == "":
		return warn("jamsession.W043",
			"ADDR is reached from other machines, and SECURE_PROXY_SSL_HEADER names no proxy that "+
				"ends TLS: unless the program serves TLS itself, passwords travel unencrypted.",
			"Set ADDR to 127.0.0.1:8000 and put a proxy with TLS before it, which "+
				"SECURE_PROXY_SSL_HEADER and TRUSTED_PROXIES name.")
	case !isPrivate(s.Addr):
		return warn("jamsession.W044",
			"SECURE_PROXY_SSL_HEADER is believed, and other machines reach ADDR: a visitor who goes "+
				"around the proxy can say that plain HTTP is HTTPS.",
			"Set ADDR to an address that only the proxy reaches, such as 127.0.0.1:8000 or 10.0.0.5:8000.")
	}
	return nil
}

// isPrivate reports whether ADDR is an address in a private network.
func isPrivate(addr string) bool {
	host, _, _ := net.SplitHostPort(addr)
	ip, err := netip.ParseAddr(host)
	return err == nil && (ip.IsPrivate() || ip.IsLinkLocalUnicast())
}

// checkProxies asks who can say where a request comes from.
func (s *Settings) checkProxies() []Finding {
	var findings []Finding
	if clue := s.proxyClue(); clue != "" && len(s.TrustedProxies) == 0 && s.LoginLimitStore != "none" {
		findings = append(findings, warn("jamsession.W006",
			clue+", and TRUSTED_PROXIES does not name its addresses: all visitors seem to come from "+
				"there, and share one limit of guesses.",
			"Set TRUSTED_PROXIES to the addresses of the proxy, such as 127.0.0.1.")...)
	}
	if loopback(s.Addr) && s.SecureProxySSLHeader.Name == "" {
		findings = append(findings, warn("jamsession.W057",
			"ADDR is reached through a proxy only, and SECURE_PROXY_SSL_HEADER does not name the header "+
				"by which it says that a visitor came over HTTPS: all requests count as plain HTTP, and "+
				"SECURE_SSL_REDIRECT would redirect them for ever.",
			"Set it to HTTP_X_FORWARDED_PROTO,https, and have the proxy set that header.")...)
	}
	for _, network := range s.TrustedProxies {
		if isTooWide(network) {
			findings = append(findings, warn("jamsession.W045",
				fmt.Sprintf("TRUSTED_PROXIES has %s: strangers in it can claim any address, and "+
					"avoid the limit of guesses of one address.", network), "Name the addresses of "+
					"your own proxies.")...)
		}
	}
	return findings
}

// proxyClue says which setting suggests a proxy, other than its addresses.
func (s *Settings) proxyClue() string {
	switch {
	case s.SecureProxySSLHeader.Name != "":
		return "SECURE_PROXY_SSL_HEADER names a header of a proxy"
	case s.TrustedProxyHeader != defaultProxyHeader:
		return "TRUSTED_PROXY_HEADER names a header of a proxy"
	case loopback(s.Addr):
		return "ADDR is reached through a proxy only"
	default:
		return ""
	}
}

// checkForwardedHost asks whether there is a proxy that overwrites the header.
func (s *Settings) checkForwardedHost() []Finding {
	if !s.UseXForwardedHost || len(s.TrustedProxies) > 0 {
		return nil
	}
	return warn("jamsession.W056",
		"USE_X_FORWARDED_HOST believes a header, and TRUSTED_PROXIES names no proxy that sets it: a visitor "+
			"can choose the name of the site.",
		"Let the proxy pass Host on, or set TRUSTED_PROXIES and let the proxy always set X-Forwarded-Host.")
}

// isTooWide lets the networks of the large providers of proxies pass, up to
// 2^20 addresses of IPv4.
func isTooWide(network netip.Prefix) bool {
	own := network.Addr().IsPrivate() || network.Addr().IsLoopback() || network.Addr().IsLinkLocalUnicast()
	if network.Addr().Is4() {
		return network.Bits() < 8 || !own && network.Bits() < 12
	}
	return network.Bits() < 7 || !own && network.Bits() < 24
}

// checkLocations asks where visitors are sent.
func (s *Settings) checkLocations() []Finding {
	var findings []Finding
	for _, l := range []struct{ name, location string }{
		{"LOGIN_URL", s.LoginURL},
		{"LOGIN_REDIRECT_URL", s.LoginRedirectURL},
		{"LOGOUT_REDIRECT_URL", s.LogoutRedirectURL},
	} {
		if u, err := url.Parse(l.location); err == nil && strings.EqualFold(u.Scheme, "http") {
			findings = append(findings, warn("jamsession.W046",
				l.name+" leads to plain HTTP: anyone on the network path can show another page there, "+
					"such as a form for passwords.",
				"Write https://, or a path.")...)
		}
	}
	return findings
}
