package conf

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/internal/punycode"
)

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
	if hint := punycode.Hint(host); err == nil && hint != "" {
		return errors.New(hint)
	}
	if err == nil && host != "" && !HostHeader.MatchString(strings.ToLower(host)) {
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
