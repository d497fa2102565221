package conf

import (
	"errors"
	"strings"

	"github.com/jamsession/jamsession/internal/siteparts"
	"github.com/jamsession/jamsession/secret"
)

// noPush is a DEVICE_PUSH_URL that turns the push off.
const noPush = "none"

// supportedPushes says what DEVICE_PUSH_URL can be.
const supportedPushes = `want "postgres://user:password@host/name", "redis://host:6379/0" ` +
	`or another URL of Redis, "none", or nothing`

func setDevicePushURL(s *Settings, v value) error {
	raw, err := v.text()
	if err != nil {
		return err
	}
	if _, err := parsePush(raw); err != nil {
		return err
	}
	s.DevicePushURL = secret.New(raw)
	return nil
}

// pushChannel is what the processes of a site have in common there.
const pushChannel = "jamsession_devices"

// parsePush returns a place without a kind if there is none.
func parsePush(raw string) (siteparts.PushPlace, error) {
	if raw == "" || raw == noPush {
		return siteparts.PushPlace{}, nil
	}
	scheme, _, ok := strings.Cut(raw, "://")
	switch {
	case !ok:
	case scheme == "postgres" || scheme == "postgresql":
		at, err := parseDatabaseURL(raw)
		return siteparts.PushPlace{Kind: "postgres", Server: at.Server, Channel: pushChannel}, err
	case cacheSchemes[scheme] == "redis":
		c, err := parseCache(raw)
		return c.push(), err
	}
	return siteparts.PushPlace{}, errors.New(supportedPushes)
}

func (c Cache) push() siteparts.PushPlace {
	return siteparts.PushPlace{Kind: "redis", URL: c.URL, Channel: c.KeyPrefix + ":" + pushChannel}
}

// DevicePush returns where the processes of the site tell each other which logins end: what
// DEVICE_PUSH_URL names, or else the sessions' cache if the site uses one on Redis. The kind is
// empty if that is nowhere.
func (s *Settings) DevicePush() (siteparts.PushPlace, error) {
	c := s.Caches[s.SessionCacheAlias]
	if s.DevicePushURL.IsZero() && c.Kind() == "redis" && s.usesCache() {
		return c.push(), nil
	}
	return parsePush(s.DevicePushURL.Reveal())
}
