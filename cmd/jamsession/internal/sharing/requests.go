package sharing

import (
	"net/http"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/messages"
)

// origins compares CSRF_TRUSTED_ORIGINS, which in Django 3.2 are hosts.
func (s site) origins() []conf.Finding {
	var findings []conf.Finding
	there, ok := s.texts("CSRF_TRUSTED_ORIGINS", &findings)
	if !ok {
		return findings
	}
	here := slices.Clone(s.here.CSRFTrustedOrigins)
	if s.has("DEFAULT_HASHING_ALGORITHM") { // 3.x
		for i, origin := range here {
			_, host, _ := strings.Cut(origin, "://")
			here[i] = strings.TrimPrefix(host, "*")
		}
	}
	slices.Sort(there)
	slices.Sort(here)
	if slices.Equal(slices.Compact(there), slices.Compact(here)) {
		return nil
	}
	return s.finding("trusted_origins", fields{
		"Django": strings.Join(there, ", "), "Here": strings.Join(here, ", "),
	})
}

// proxy compares how each side sees that a visitor came over HTTPS.
func (s site) proxy() []conf.Finding {
	var findings []conf.Finding
	pair, ok := s.texts("SECURE_PROXY_SSL_HEADER", &findings)
	if !ok {
		return findings
	}
	var there conf.ProxyHeader
	if len(pair) == 2 {
		name := strings.ReplaceAll(strings.TrimPrefix(pair[0], "HTTP_"), "_", "-")
		there = conf.ProxyHeader{Name: http.CanonicalHeaderKey(name), Value: pair[1]}
	}
	if there != s.here.SecureProxySSLHeader {
		findings = append(findings, s.finding("proxy_header", nil)...)
	}
	if s.truth("USE_X_FORWARDED_HOST") != s.here.UseXForwardedHost {
		findings = append(findings, s.finding("forwarded_host", nil)...)
	}
	return findings
}

// messages compares the storages; each side reads only its own.
func (s site) messages() []conf.Finding {
	var findings []conf.Finding
	path, ok := s.text("MESSAGE_STORAGE", &findings)
	if !ok {
		return findings
	}
	here := map[messages.Storage]string{
		messages.StorageFallback: "fallback.FallbackStorage",
		messages.StorageCookie:   "cookie.CookieStorage",
		messages.StorageSession:  "session.SessionStorage",
	}[s.here.MessageStorage]
	if path == "django.contrib.messages.storage."+here {
		return nil
	}
	return s.finding("message_storage", fields{"Django": path, "Here": here})
}
