package csrf

import (
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/jamsession/jamsession/internal/punycode"
	"github.com/jamsession/jamsession/internal/safeurl"
	"github.com/jamsession/jamsession/internal/travel"
)

// An origin is a scheme and a host, as [safeurl.Host] writes it. One that is trusted may
// have a host that begins with a dot, for the rest and all hosts below.
type origin struct{ scheme, host string }

// parseOrigins reads Options.TrustedOrigins.
func parseOrigins(entries []string) ([]origin, error) {
	var list []origin
	for _, entry := range entries {
		o, flaw := parseOrigin(strings.ToLower(entry))
		if flaw != "" {
			return nil, fmt.Errorf("csrf: Options.TrustedOrigins: %q %s", entry, flaw)
		}
		list = append(list, o)
	}
	return list, nil
}

func parseOrigin(entry string) (o origin, flaw string) {
	scheme, host, _ := strings.Cut(entry, "://")
	_, port, _ := strings.Cut(host, ":")
	u, err := safeurl.Split(entry)
	name := strings.TrimPrefix(host, "*.")
	hint := punycode.Hint(entry)
	switch {
	case hint != "":
		return o, "is not what browsers send: " + hint
	case host == "":
		return o, `has no scheme or host: write "https://example.com"`
	case err != nil || u.Scheme != scheme || u.Host != host || strings.ContainsAny(host, "@ "):
		return o, `is more than an origin: write only the scheme, the host and the port`
	case name == "" || strings.HasPrefix(name, ".") || strings.Contains(name, "*"):
		return o, `may have one "*" only, as in "https://*.example.com"`
	case scheme == "https" && port == "443", scheme == "http" && port == "80":
		return o, `has the default port, which browsers leave out: leave it out, too`
	}
	return origin{scheme, strings.TrimPrefix(host, "*")}, ""
}

// ownOrigin is the origin of this site's pages, as the request was sent to it.
func (p *Protection) ownOrigin(r *http.Request) origin {
	scheme := "http"
	if p.opts.IsSecure(r) {
		scheme = "https"
	}
	return origin{scheme, safeurl.Host(r.Host, scheme)}
}

// checkSource refuses requests from pages of other sites.
func (p *Protection) checkSource(r *http.Request) error {
	own := p.ownOrigin(r)
	if from, ok := header(r, "Origin"); ok {
		return p.checkOrigin(from, own)
	}
	if own.scheme == "https" {
		return p.checkReferer(r, own)
	}
	return nil
}

func (p *Protection) checkOrigin(from string, own origin) error {
	u, err := safeurl.Split(from)
	found := origin{u.Scheme, u.Host}
	whole := err == nil && from == u.Scheme+"://"+u.Host // as browsers write it
	if whole && (found == own && own.host != "" || p.trusts(found)) {
		return nil
	}
	return refuseSource(ErrOrigin, found, own,
		"Origin checking failed - %s does not match any trusted origins.", clip(from))
}

// checkHandshake refuses the handshakes of WebSockets that pages of other sites send:
// browsers add cookies to them, and let any page read the answers. A program that is not
// a browser sends no Origin, and nobody's cookies but its own.
func (p *Protection) checkHandshake(r *http.Request) error {
	own := p.ownOrigin(r)
	if from, ok := header(r, "Origin"); ok {
		return p.checkOrigin(from, own)
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin":
		return nil
	default: // and somebody has removed the Origin
		return refuse(ErrOrigin, crossOrigin)
	}
}

const crossOrigin = "Origin checking failed - the browser says that the request is cross-origin."

// refuseSource is refuse, with the advice what was compared.
func refuseSource(check error, found, own origin, format string, args ...any) error {
	advice := "This request was for " + clip(own.scheme+"://"+own.host) +
		", by its Host header and IsSecure. "
	switch {
	case found.host == "":
		advice += "A page with the policy no-referrer, or in a sandbox, has no origin to compare."
	case found.host == own.host && found.scheme == "https":
		advice += "If a proxy has ended TLS, let IsSecure (SECURE_PROXY_SSL_HEADER) look at its header."
	case found.host == own.host:
		advice += "The page was on plain HTTP: open it on HTTPS."
	default:
		advice += "If " + clip(found.host) + " is this site and a proxy has changed the Host header, " +
			"let the proxy pass it on, or set USE_X_FORWARDED_HOST. If it is another site whose pages may " +
			"send requests here, add it to TrustedOrigins (CSRF_TRUSTED_ORIGINS)."
	}
	return &Error{fmt.Sprintf(format, args...), advice, check}
}

// checkCrossOrigin asks the second layer, unless the page is that of another
// site that may post here.
func (p *Protection) checkCrossOrigin(r *http.Request) error {
	if p.opts.CrossOrigin == nil || p.trustsSource(r) {
		return nil
	}
	own := *r // it compares the Host with an Origin, to the letter
	own.Host = p.ownOrigin(r).host
	if p.opts.CrossOrigin.Check(&own) == nil {
		return nil
	}
	return refuse(ErrOrigin, crossOrigin)
}

func (p *Protection) trustsSource(r *http.Request) bool {
	from, ok := header(r, "Origin")
	if !ok {
		from, _ = header(r, "Referer")
	}
	u, err := safeurl.Split(from)
	return err == nil && p.trusts(origin{u.Scheme, u.Host})
}

// checkReferer is for browsers that send no Origin. Over plain HTTP it would be useless,
// since anyone on the network path can change the header.
func (p *Protection) checkReferer(r *http.Request, own origin) error {
	from, ok := header(r, "Referer")
	if !ok {
		return refuse(ErrReferer, "Referer checking failed - no Referer.")
	}
	u, err := safeurl.Split(from)
	found := origin{u.Scheme, u.Host}
	switch {
	case err != nil || u.Scheme == "" || u.Host == "":
		return refuse(ErrReferer, "Referer checking failed - Referer is malformed.")
	case u.Scheme != "https":
		return refuse(ErrReferer,
			"Referer checking failed - Referer is insecure while host is secure.")
	case p.trusts(found) || sameDomain(found.host, p.expectedReferer(r, own.host)):
		return nil
	}
	// Django repeats the whole address, whose path may be a secret.
	return refuseSource(ErrReferer, found, own,
		"Referer checking failed - %s does not match any trusted origins.", clip(u.Scheme+"://"+u.Host))
}

// expectedReferer is the host of a Referer from this site, which has this host.
func (p *Protection) expectedReferer(r *http.Request, host string) string {
	domain := p.opts.Cookie.Domain
	if p.opts.UseSessions {
		domain = travel.Of(r.Context()).CookieDomain
	}
	if domain == "" {
		return host
	}
	_, port, err := net.SplitHostPort(host)
	if err != nil || port == "80" {
		return domain
	}
	return domain + ":" + port
}

func (p *Protection) trusts(found origin) bool {
	for _, o := range p.trusted {
		if o.scheme == found.scheme && sameDomain(found.host, o.host) {
			return true
		}
	}
	return false
}

// sameDomain is Django's is_same_domain: host is pattern in lower case, or,
// if that begins with a dot, what follows the dot or something below it.
func sameDomain(host, pattern string) bool {
	pattern = strings.ToLower(pattern)
	if domain, ok := strings.CutPrefix(pattern, "."); ok {
		return host == domain || strings.HasSuffix(host, pattern)
	}
	return pattern != "" && host == pattern
}

// header returns a header and whether it was sent. Two of them are read as
// one, with a comma, that matches nothing.
func header(r *http.Request, name string) (value string, ok bool) {
	values := r.Header.Values(name)
	return strings.Join(values, ","), len(values) > 0
}

// clip keeps log lines short.
func clip(s string) string {
	if len(s) > 200 {
		return s[:200] + "..."
	}
	return s
}
