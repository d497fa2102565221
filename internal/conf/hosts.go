package conf

import (
	"errors"
	"regexp"
	"strings"

	"github.com/jamsession/jamsession/internal/punycode"
)

// setAllowedHosts takes names as Django does: "www.example.com", ".example.com"
// for a domain with all below it, and "*" for all.
func setAllowedHosts(s *Settings, v value) error {
	hosts, err := v.list()
	if err != nil {
		return err
	}
	for _, host := range hosts {
		if hint := punycode.Hint(host); hint != "" {
			return errors.New(hint)
		}
		if host != "*" && !isHostPattern(host) {
			return errors.New(`want names without port, such as "www.example.com", ".example.com" or "[::1]"`)
		}
	}
	s.AllowedHosts = hosts
	return nil
}

func isHostPattern(host string) bool {
	match := HostHeader.FindStringSubmatch(strings.ToLower(host))
	return match != nil && match[1] == strings.ToLower(host)
}

// HostHeader is what Django takes for a host, which may have a port.
var HostHeader = regexp.MustCompile(`^([a-z0-9.-]+|\[[a-f0-9]*:[a-f0-9.:]+\])(?::[0-9]+)?$`)
