package site

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/internal/safeurl"
)

// secureHeaders gives each response the headers of Django's SecurityMiddleware
// and XFrameOptionsMiddleware, errors as well. A handler that sets one of them
// itself overrides it.
func secureHeaders(s *conf.Settings, next http.Handler) http.Handler {
	fixed, hsts, secure := fixedHeaders(s), hsts(s), secure(s)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for _, f := range fixed {
			h[f.name] = []string{f.value}
		}
		if hsts != "" && secure(r) { // browsers ignore it over plain HTTP (RFC 6797, 8.1)
			h["Strict-Transport-Security"] = []string{hsts}
		}
		next.ServeHTTP(w, r)
	})
}

type headerField struct{ name, value string }

// fixedHeaders returns those that do not depend on the request.
func fixedHeaders(s *conf.Settings) []headerField {
	var fields []headerField
	add := func(name, value string) {
		if value != "" {
			fields = append(fields, headerField{name, value})
		}
	}
	if s.SecureContentTypeNosniff {
		add("X-Content-Type-Options", "nosniff")
	}
	add("Referrer-Policy", s.SecureReferrerPolicy)
	add("Cross-Origin-Opener-Policy", s.SecureCrossOriginOpenerPolicy)
	add("X-Frame-Options", s.XFrameOptions)
	return fields
}

func hsts(s *conf.Settings) string {
	if s.SecureHSTS == 0 {
		return ""
	}
	value := "max-age=" + strconv.FormatInt(int64(s.SecureHSTS.Seconds()), 10)
	if s.SecureHSTSIncludeSubdomains {
		value += "; includeSubDomains"
	}
	if s.SecureHSTSPreload {
		value += "; preload"
	}
	return value
}

// redirectToHTTPS redirects requests over plain HTTP to the same page over
// HTTPS, if SECURE_SSL_REDIRECT says so. The host was checked before.
func redirectToHTTPS(s *conf.Settings, next http.Handler) http.Handler {
	if !s.SecureSSLRedirect {
		return next
	}
	secure := secure(s)
	var exempt []*regexp.Regexp
	for _, text := range s.SecureRedirectExempt {
		exempt = append(exempt, regexp.MustCompile(text)) // Load has tried
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimLeft(r.URL.Path, "/")
		isExempt := func(e *regexp.Regexp) bool { return e.MatchString(path) }
		if secure(r) || slices.ContainsFunc(exempt, isExempt) {
			next.ServeHTTP(w, r)
			return
		}
		to := safeurl.Host(r.Host, "http") // :80 does not speak HTTPS
		if s.SecureSSLHost != "" {
			to = s.SecureSSLHost
		}
		if !conf.HostHeader.MatchString(strings.ToLower(to)) {
			refuse(w, "The request does not name a host.")
			return
		}
		target := r.URL.RequestURI()
		if !strings.HasPrefix(target, "/") { // without a slash it would continue the host
			target = "/"
		}
		ownPolicy(w.Header())
		http.Redirect(w, r, "https://"+to+target, http.StatusMovedPermanently)
	})
}

// refuse answers 400 with a line of text.
func refuse(w http.ResponseWriter, text string) {
	ownPolicy(w.Header())
	http.Error(w, text, http.StatusBadRequest)
}

// ownPolicy is for answers that the site's own handlers do not see; they
// load nothing.
func ownPolicy(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
}
