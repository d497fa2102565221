package conf_test

import (
	"testing"

	"github.com/jamsession/jamsession/internal/siteparts"
	"github.com/jamsession/jamsession/secret"
)

// TestDevicePush is what DEVICE_PUSH_URL names, or the cache that the site uses anyway.
func TestDevicePush(t *testing.T) {
	const redis = "redis://:sesame@cache/0"
	for name, c := range map[string]struct {
		vars map[string]string
		want siteparts.PushPlace
	}{
		"nothing": {nil, siteparts.PushPlace{}},
		"the cache of the sessions": {
			map[string]string{"SESSION_ENGINE": "cached_db", "CACHE_URL": redis + "?key_prefix=shop"},
			siteparts.PushPlace{Kind: "redis", URL: secret.New(redis), Channel: "shop:jamsession_devices"},
		},
		"a cache that is not used":     {map[string]string{"CACHE_URL": redis}, siteparts.PushPlace{}},
		"a cache that cannot carry it": {map[string]string{"SESSION_ENGINE": "cache", "CACHE_URL": "memcached://h:1"}, siteparts.PushPlace{}},
		"none": {
			map[string]string{"SESSION_ENGINE": "cache", "CACHE_URL": redis, "DEVICE_PUSH_URL": "none"}, siteparts.PushPlace{},
		},
		"another Redis": {
			map[string]string{"SESSION_ENGINE": "cache", "CACHE_URL": "redis://other", "DEVICE_PUSH_URL": redis},
			siteparts.PushPlace{Kind: "redis", URL: secret.New(redis), Channel: ":jamsession_devices"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			vars := map[string]string{"SECRET_KEY": goodKey}
			for name, value := range c.vars {
				vars[name] = value
			}
			got, err := load(t, fromEnv(vars)).DevicePush()
			if err != nil || got.Kind != c.want.Kind || got.Channel != c.want.Channel || got.URL.Reveal() != c.want.URL.Reveal() {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	at, err := load(t, fromEnv(map[string]string{
		"SECRET_KEY": goodKey, "DEVICE_PUSH_URL": "postgres://site:sesame@db:5433/shop?sslmode=require",
	})).DevicePush()
	if err != nil || at.Kind != "postgres" || at.Server.String() != "db:5433" || at.Server.Name != "shop" ||
		at.Server.Password.Reveal() != "sesame" || at.Server.Options.Get("sslmode") != "require" || at.Channel != "jamsession_devices" {
		t.Errorf("got %+v, %v", at, err)
	}
}
