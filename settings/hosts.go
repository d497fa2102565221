package settings

import (
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
)

// setAllowedHosts takes names as Django does: "www.example.com", ".example.com"
// for a domain with all below it, and "*" for all.
func setAllowedHosts(s *Settings, v value) error {
	hosts, err := v.list()
	if err != nil {
		return err
	}
	for _, host := range hosts {
		if host != "*" && !isHostPattern(host) {
			return errors.New(`want names without port, such as "www.example.com", ".example.com" or "[::1]"`)
		}
	}
	s.AllowedHosts = hosts
	return nil
}

func isHostPattern(host string) bool {
	match := hostHeader.FindStringSubmatch(strings.ToLower(host))
	return match != nil && match[1] == strings.ToLower(host)
}

// checkHost lets only requests with an allowed Host header through. Others
// get 400: a link that is made from a Host that an attacker chose, in a mail
// for example, leads to the attacker.
func (s *Settings) checkHost(next http.Handler) http.Handler {
	if len(s.AllowedHosts) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.allowsHost(r.Host) {
			slog.WarnContext(r.Context(), "settings: a request for a host that is not in ALLOWED_HOSTS",
				slog.String("host", r.Host))
			refuse(w, "This site does not answer to this name.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Settings) allowsHost(header string) bool {
	match := hostHeader.FindStringSubmatch(strings.ToLower(header))
	if match == nil || match[1] == "." {
		return false
	}
	name := strings.TrimSuffix(match[1], ".")
	for _, allowed := range s.AllowedHosts {
		allowed = strings.ToLower(allowed)
		domain, wide := strings.CutPrefix(allowed, ".")
		if allowed == "*" || name == domain || wide && strings.HasSuffix(name, allowed) {
			return true
		}
	}
	return false
}

// hostHeader is what Django takes for a host, which may have a port.
var hostHeader = regexp.MustCompile(`^([a-z0-9.-]+|\[[a-f0-9]*:[a-f0-9.:]+\])(?::[0-9]+)?$`)
