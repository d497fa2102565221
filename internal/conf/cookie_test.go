package conf_test

import (
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/conf"
)

// TestCookieForEverybodysDomainIsRefused: browsers drop it without a word.
func TestCookieForEverybodysDomainIsRefused(t *testing.T) {
	for domain, refused := range map[string]bool{
		"co.uk": true, ".co.uk": true, "CO.UK": true, "github.io": true, "com.": true, "www.ck": false, "foo.ck": true,
		"example.co.uk": false, ".example.com": false, "jamsession.github.io": false, "example.internal": false,
		"city.kawasaki.jp": false, "other.kawasaki.jp": true, "": false,
	} {
		for _, name := range []string{"SESSION_COOKIE_DOMAIN", "CSRF_COOKIE_DOMAIN"} {
			_, err := conf.Load(conf.Sources{Flags: map[string]string{name: domain}})
			if (err != nil) != refused {
				t.Errorf("%s=%s: error %v", name, domain, err)
			}
			if domain == "co.uk" && !strings.Contains(err.Error(), "anybody can have a name") {
				t.Errorf("%s=%s: error %v", name, domain, err)
			}
		}
	}
}
