package csrf_test

import (
	"crypto/tls"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/csrf"
)

// FuzzToken holds that only a token for the cookie's secret passes, by a
// second reading of what that is.
func FuzzToken(f *testing.F) {
	f.Add(secret, secret, true)
	f.Add(secret, csrf.Mask(secret, other), false)
	f.Add(csrf.Mask(secret, other), secret, true)
	f.Add("", "", true)
	f.Add(secret+secret, secret, true)
	f.Add("!"+secret[1:], "!"+secret[1:], false)
	f.Add(strings.Repeat("\xff", 64), strings.Repeat("\xff", 64), true)
	p := protect(f, csrf.Options{})
	f.Fuzz(func(t *testing.T, cookie, token string, inHeader bool) {
		if strings.ContainsAny(cookie, "; \t\"") {
			return // it is another cookie then
		}
		r := post(cookie, url.QueryEscape(token))
		if inHeader {
			r = post(cookie, "")
			r.Header.Set("X-CSRFToken", token)
		}
		a, b := secretOf(cookie), secretOf(token)
		if err := p.Check(r); (err == nil) != (a != "" && a == b) {
			t.Errorf("cookie %q (secret %q), token %q (secret %q): %v", cookie, a, token, b, err)
		}
	})
}

// secretOf is the secret of a token, or "" if it is not one.
func secretOf(token string) string {
	for _, c := range token {
		if !strings.ContainsRune(csrf.Alphabet, c) {
			return ""
		}
	}
	switch len(token) {
	case 32:
		return token
	case 64:
		for _, c := range []byte(token[:32]) {
			shift := strings.IndexByte(csrf.Alphabet, c)
			rotated := csrf.Alphabet[shift:] + csrf.Alphabet[:shift]
			i := strings.IndexByte(rotated, token[32])
			token = token[:32] + token[33:] + csrf.Alphabet[i:i+1]
		}
		return token[32:]
	default:
		return ""
	}
}

// FuzzSource holds that only this site's pages and those that are trusted
// pass, by a browser's reading of the two headers.
func FuzzSource(f *testing.F) {
	for _, s := range []string{
		"http://example.com", "https://example.com", "https://example.com/a?b#c", "null", "",
		"https://a.trusted.com", "https://trusted.com", "http://trusted.com", "https://xtrusted.com",
		"https://evil.com\\.trusted.com", "https://evil.com/.trusted.com", "https://[::1]", "https://[",
		"https://evil.com@a.trusted.com", "https:example.com", "//example.com", "https:///example.com",
	} {
		f.Add(s, true, true)
		f.Add(s, false, true)
		f.Add(s, true, false)
	}
	p := protect(f, csrf.Options{TrustedOrigins: []string{"https://*.trusted.com"}})
	f.Fuzz(func(t *testing.T, from string, isOrigin, secure bool) {
		r := post(secret, secret)
		r.Header = http.Header{"Cookie": r.Header["Cookie"], "Content-Type": r.Header["Content-Type"]}
		scheme := "http"
		if secure {
			scheme, r.TLS = "https", &tls.ConnectionState{}
		}
		if isOrigin {
			r.Header.Set("Origin", from)
		} else {
			r.Header.Set("Referer", from)
		}
		if p.Check(r) != nil || !isOrigin && !secure {
			return
		}
		from = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(strings.TrimFunc(from,
			func(r rune) bool { return r <= ' ' }))
		m := address.FindStringSubmatch(from)
		if m == nil {
			t.Fatalf("%q passed, but is not an address", from)
		}
		host := m[2][strings.LastIndexByte(m[2], '@')+1:]
		own := strings.EqualFold(m[1], scheme) && host == "example.com"
		trusted := strings.EqualFold(m[1], "https") && strings.HasSuffix("."+host, ".trusted.com")
		if !own && !trusted {
			t.Errorf("%q passed", from)
		}
	})
}

// address finds scheme and host as a browser does.
var address = regexp.MustCompile(`^([A-Za-z]+)://([^/\\?#]+)`)
