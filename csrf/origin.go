package csrf

import (
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/jamsession/jamsession/internal/safeurl"
	"github.com/jamsession/jamsession/internal/travel"
)

// An origin is one that is trusted. A host that begins with a dot stands for
// the rest and all hosts below.
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
	switch {
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

// checkSource refuses requests from pages of other sites.
func (p *Protection) checkSource(r *http.Request) error {
	secure := p.opts.IsSecure(r)
	if from, ok := header(r, "Origin"); ok {
		if !p.originAllowed(from, r.Host, secure) {
			return refuse(ErrOrigin,
				"Origin checking failed - %s does not match any trusted origins.", clip(from))
		}
		return nil
	}
	if secure {
		return p.checkReferer(r)
	}
	return nil
}

func (p *Protection) originAllowed(from, host string, secure bool) bool {
	own := "http://" + host
	if secure {
		own = "https://" + host
	}
	if from == own && host != "" {
		return true
	}
	u, err := safeurl.Split(from)
	return err == nil && from == u.Scheme+"://"+u.Host && p.trusts(u.Scheme, u.Host)
}

// checkCrossOrigin asks the second layer, unless the page is that of another
// site that may post here.
func (p *Protection) checkCrossOrigin(r *http.Request) error {
	if p.opts.CrossOrigin == nil || p.trustsSource(r) || p.opts.CrossOrigin.Check(r) == nil {
		return nil
	}
	return refuse(ErrOrigin, "Origin checking failed - the browser says that the request is cross-origin.")
}

func (p *Protection) trustsSource(r *http.Request) bool {
	from, ok := header(r, "Origin")
	if !ok {
		from, _ = header(r, "Referer")
	}
	u, err := safeurl.Split(from)
	return err == nil && p.trusts(u.Scheme, u.Host)
}

// checkReferer is for browsers that send no Origin. Over plain HTTP it would be useless,
// since anyone on the network path can change the header.
func (p *Protection) checkReferer(r *http.Request) error {
	from, ok := header(r, "Referer")
	if !ok {
		return refuse(ErrReferer, "Referer checking failed - no Referer.")
	}
	u, err := safeurl.Split(from)
	switch {
	case err != nil || u.Scheme == "" || u.Host == "":
		return refuse(ErrReferer, "Referer checking failed - Referer is malformed.")
	case u.Scheme != "https":
		return refuse(ErrReferer,
			"Referer checking failed - Referer is insecure while host is secure.")
	case p.trusts("https", u.Host) || sameDomain(u.Host, p.expectedReferer(r)):
		return nil
	}
	// Django repeats the whole address, whose path may be a secret.
	return refuse(ErrReferer, "Referer checking failed - %s does not match any trusted origins.",
		clip(u.Scheme+"://"+u.Host))
}

// expectedReferer is the host of a Referer from this site.
func (p *Protection) expectedReferer(r *http.Request) string {
	domain := p.opts.Cookie.Domain
	if p.opts.UseSessions {
		domain = travel.Of(r.Context()).CookieDomain
	}
	if domain == "" {
		return r.Host
	}
	_, port, err := net.SplitHostPort(r.Host)
	if err != nil || port == "443" || port == "80" {
		return domain
	}
	return domain + ":" + port
}

func (p *Protection) trusts(scheme, host string) bool {
	for _, o := range p.trusted {
		if o.scheme == scheme && sameDomain(host, o.host) {
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
