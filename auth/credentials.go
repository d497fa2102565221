package auth

import (
	"net/http"
	"regexp"
)

// secretName finds the names of credentials whose values nobody may see. It
// is as generous as Django's: "secretary" is starred out, too.
var secretName = regexp.MustCompile(`(?i)api|token|key|secret|password|signature`)

const stars = "********************"

// ReportFailedLogin tells Options.OnLoginFailed of a failed login.
// [Manager.Authenticate] does it itself; a login by other means, such as a
// one-time code, calls it with what the visitor sent. The hook gets a copy in
// which values are starred out if their name contains "api", "token", "key",
// "secret", "password" or "signature", in either case.
func (m *Manager) ReportFailedLogin(r *http.Request, credentials map[string]string) {
	if m.opts.OnLoginFailed == nil {
		return
	}
	clean := make(map[string]string, len(credentials))
	for name, value := range credentials {
		if secretName.MatchString(name) {
			value = stars
		}
		clean[name] = value
	}
	m.opts.OnLoginFailed(r, clean)
}
