package settings

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// secureHeaders gives each response the headers of Django's SecurityMiddleware
// and XFrameOptionsMiddleware, errors as well. A handler that sets one of them
// itself overrides it.
func (s *Settings) secureHeaders(next http.Handler) http.Handler {
	fixed := s.fixedHeaders()
	hsts := s.hsts()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		lines := make([]string, len(fixed)) // one allocation for all
		for i, f := range fixed {
			lines[i] = f.value
			h[f.name] = lines[i : i+1 : i+1]
		}
		if hsts != "" && s.secure(r) { // browsers ignore it over plain HTTP (RFC 6797, 8.1)
			h["Strict-Transport-Security"] = []string{hsts}
		}
		next.ServeHTTP(w, r)
	})
}

type headerField struct{ name, value string }

// fixedHeaders returns those that do not depend on the request.
func (s *Settings) fixedHeaders() []headerField {
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

func (s *Settings) hsts() string {
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
func (s *Settings) redirectToHTTPS(next http.Handler) http.Handler {
	if !s.SecureSSLRedirect {
		return next
	}
	var exempt []*regexp.Regexp
	for _, text := range s.SecureRedirectExempt {
		exempt = append(exempt, regexp.MustCompile(text)) // Load has tried
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimLeft(r.URL.Path, "/")
		isExempt := func(e *regexp.Regexp) bool { return e.MatchString(path) }
		if s.secure(r) || slices.ContainsFunc(exempt, isExempt) {
			next.ServeHTTP(w, r)
			return
		}
		to := r.Host
		if s.SecureSSLHost != "" {
			to = s.SecureSSLHost
		}
		if !hostHeader.MatchString(strings.ToLower(to)) {
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

// referrerPolicies are the values of Referrer-Policy.
var referrerPolicies = []string{
	"no-referrer", "no-referrer-when-downgrade", "origin", "origin-when-cross-origin", "same-origin",
	"strict-origin", "strict-origin-when-cross-origin", "unsafe-url",
}

// setReferrerPolicy takes a policy, or several, of which the browser takes the
// last that it knows. Values that Django's check security.E023 reports are
// errors here.
func setReferrerPolicy(s *Settings, v value) error {
	policies, err := v.list()
	if err != nil {
		return err
	}
	for _, policy := range policies {
		if !slices.Contains(referrerPolicies, policy) {
			return errors.New("want " + strings.Join(referrerPolicies, " or "))
		}
	}
	s.SecureReferrerPolicy = strings.Join(policies, ",")
	return nil
}

func setOpenerPolicy(s *Settings, v value) error {
	policy, err := v.text()
	if err != nil {
		return err
	}
	switch policy {
	case "same-origin", "same-origin-allow-popups", "unsafe-none", "":
		s.SecureCrossOriginOpenerPolicy = policy
		return nil
	default:
		return errors.New("want same-origin, same-origin-allow-popups, unsafe-none, or nothing for none")
	}
}

func setSSLHost(s *Settings, v value) error {
	host, err := v.text()
	if err == nil && host != "" && !hostHeader.MatchString(strings.ToLower(host)) {
		err = errors.New(`want a host, such as "www.example.com" or "www.example.com:8443"`)
	}
	s.SecureSSLHost = host
	return err
}

func setFrameOptions(s *Settings, v value) error {
	text, err := v.text()
	if err != nil {
		return err
	}
	s.XFrameOptions = strings.ToUpper(text)
	if !slices.Contains([]string{"DENY", "SAMEORIGIN", ""}, s.XFrameOptions) {
		return errors.New("want DENY, SAMEORIGIN, or nothing for none")
	}
	return nil
}

func setRedirectExempt(s *Settings, v value) error {
	patterns, err := v.list()
	if err != nil {
		return err
	}
	for _, pattern := range patterns {
		if _, err := regexp.Compile(pattern); err != nil {
			return fmt.Errorf("%s is not a regular expression of Go", quoted(pattern))
		}
	}
	s.SecureRedirectExempt = patterns
	return nil
}
