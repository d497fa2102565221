package conf_test

import (
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/secret"
)

func TestCachesAsTables(t *testing.T) {
	s := load(t, fromFile(t, `
[CACHES.sessions]
URL = "redis://localhost/1"
KEY_PREFIX = "site"
VERSION = 3

[CACHES.default]
URL = "memory://"
`))
	want := map[string]conf.Cache{
		"sessions": {URL: secret.New("redis://localhost/1"), KeyPrefix: "site", Version: 3},
		"default":  {URL: secret.New("memory://"), Version: 1},
	}
	if !same(s.Caches, want) {
		t.Errorf("got %v", s.Caches)
	}
	for _, text := range []string{
		"[CACHES.a]\nURL = 1", "[CACHES.a]", "[CACHES.a]\nURL = \"memory://\"\nLOCATION = \"x\"",
		"[CACHES.a]\nURL = \"memory://\"\nVERSION = \"x\"", "CACHES = 1",
	} {
		if _, err := conf.Load(fromFile(t, text)); err == nil || !strings.Contains(err.Error(), "CACHES") {
			t.Errorf("%s: error %v", text, err)
		}
	}
}

// TestDeployChecksKnowTheEngine, and the limits.
func TestDeployChecksKnowTheEngine(t *testing.T) {
	for want, vars := range map[string]map[string]string{
		"jamsession.W003": {"SESSION_ENGINE": "signed_cookies"},
		"jamsession.W004": {"SESSION_ENGINE": "cache", "CACHE_URL": "memory://"},
		"jamsession.W005": {"LOGIN_LIMIT_STORE": "memory"},
		"jamsession.W006": {"SECURE_PROXY_SSL_HEADER": "HTTP_X_FORWARDED_PROTO,https"},
		"":                {"SESSION_ENGINE": "signed_cookies", "SESSION_DENY_LIST": "db", "CACHE_URL": "memory://"},
	} {
		vars["SECRET_KEY"] = goodKey
		if want != "jamsession.W006" {
			vars["TRUSTED_PROXIES"] = "127.0.0.1"
		}
		got := ""
		for _, f := range load(t, fromEnv(vars)).Check(true) {
			if strings.HasPrefix(f.ID, "jamsession.W00") {
				got = f.ID
			}
		}
		if got != want {
			t.Errorf("%v: found %q, want %q", vars, got, want)
		}
	}
}
