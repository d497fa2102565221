package site

import (
	"log/slog"
	"net/http"
	"strings"

	"github.com/jamsession/jamsession/internal/conf"
)

// forwardedHost gives each request the host that the proxy says the visitor asked for, in
// place of the one in Host, if USE_X_FORWARDED_HOST says so.
func forwardedHost(c *conf.Settings, next http.Handler) http.Handler {
	if !c.UseXForwardedHost {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if values := r.Header.Values("X-Forwarded-Host"); len(values) > 0 {
			own := *r
			own.Host = strings.Join(values, ",") // a list is not a host: who wrote which?
			r = &own
		}
		if !conf.HostHeader.MatchString(strings.ToLower(r.Host)) {
			refuse(w, "The request does not name a host.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// checkHost lets only requests with an allowed Host header through. Others
// get 400: a link that is made from a Host that an attacker chose, in a mail
// for example, leads to the attacker.
func (s *Site) checkHost(next http.Handler) http.Handler {
	if len(s.conf.AllowedHosts) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !allowsHost(s.conf.AllowedHosts, r.Host) {
			s.logger().WarnContext(r.Context(), "site: a request for a host that is not in ALLOWED_HOSTS",
				slog.String("host", r.Host[:min(len(r.Host), maxHost)]))
			refuse(w, "This site does not answer to this name.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// maxHost is the length of the longest host with a port. Headers may be as long as a
// megabyte, which is too long for a line of the log.
const maxHost = 255 + len(":65535")

func allowsHost(hosts []string, header string) bool {
	if len(header) > maxHost {
		return false
	}
	match := conf.HostHeader.FindStringSubmatch(strings.ToLower(header))
	if match == nil || match[1] == "." {
		return false
	}
	name := strings.TrimSuffix(match[1], ".")
	for _, allowed := range hosts {
		allowed = strings.ToLower(allowed)
		domain, wide := strings.CutPrefix(allowed, ".")
		if allowed == "*" || name == domain || wide && strings.HasSuffix(name, allowed) {
			return true
		}
	}
	return false
}
