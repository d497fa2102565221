package sharing

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/settings"
)

// origins compares CSRF_TRUSTED_ORIGINS, which in Django 3.2 are hosts.
func (s site) origins() []settings.Finding {
	var findings []settings.Finding
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
	return warning("W128", fmt.Sprintf("CSRF_TRUSTED_ORIGINS is [%s] in Django and [%s] here: a form "+
		"of another "+
		"origin that one side accepts is refused by the other with 403.",
		strings.Join(there, ", "), strings.Join(here, ", ")),
		"Set the same origins on both sides. Django 3.2 wants hosts; here they begin with https://.")
}

// proxy compares how each side sees that a visitor came over HTTPS.
func (s site) proxy() []settings.Finding {
	var findings []settings.Finding
	pair, ok := s.texts("SECURE_PROXY_SSL_HEADER", &findings)
	if !ok {
		return findings
	}
	var there settings.ProxyHeader
	if len(pair) == 2 {
		name := strings.ReplaceAll(strings.TrimPrefix(pair[0], "HTTP_"), "_", "-")
		there = settings.ProxyHeader{Name: http.CanonicalHeaderKey(name), Value: pair[1]}
	}
	if there != s.here.SecureProxySSLHeader {
		findings = append(findings, warning("W129", "SECURE_PROXY_SSL_HEADER is not the same: behind "+
			"a proxy, one "+
			"side takes a visitor's HTTPS for plain HTTP, and refuses forms with 403 or redirects in "+
			"circles.",
			"Set the same header on both sides, and let the proxy always set it.")...)
	}
	if s.truth("USE_X_FORWARDED_HOST") {
		findings = append(findings, warning("W131", "USE_X_FORWARDED_HOST is True in Django: here the "+
			"header Host "+
			"counts, so forms may be refused with 403.",
			"Let the proxy pass Host on, in nginx with proxy_set_header Host $http_host, and remove "+
				"the setting.")...)
	}
	return findings
}

// messages compares the storages; each side reads only its own.
func (s site) messages() []settings.Finding {
	var findings []settings.Finding
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
	return warning("W132", "MESSAGE_STORAGE is "+path+" in Django and "+here+" here: a message that "+
		"one side "+
		"leaves for the next page may not be shown by the other.", "Set the same storage on both sides.")
}
