// Package conf reads and checks the settings that package settings names, and
// keeps their values for packages of this module.
package conf

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"time"

	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/secret"
)

// Settings are a site's settings, checked. [Load] makes them. Package settings
// lists their names and defaults; here the fields say what the values became.
//
// Settings print and log without any value. Secret values show nowhere, not
// even as JSON.
type Settings struct {
	SecretKey          secret.Text
	SecretKeyFallbacks []secret.Text
	Addr               string   // host:port to listen on
	AllowedHosts       []string // empty: any
	DatabaseURL        secret.Text
	StoreTimeout       time.Duration // for each answer of the database or a cache
	PBKDF2Iterations   int

	PasswordHashers      []string // algorithms; empty: Django's list
	PasswordUpgrade      bool     // hashes of another cost are replaced at a login
	PasswordValidators   []string // "similarity", "length", "common", "numeric"
	PasswordMinLength    int      // characters
	PasswordResetTimeout time.Duration
	LoginStayLoggedInAge time.Duration

	AuthenticationBackends []string // the first is that of new logins; empty: Django's ModelBackend

	AuthUserModel       string            // "app.Model"
	AuthUserTable       string            // empty: see UserTable
	AuthUserColumns     map[string]string // by field, where they differ
	AuthUserKeyType     string            // "auto", "integer", "uuid" or "text"
	AuthUserCase        string            // "exact", "ignore" or "lower"
	AuthUserGroups      string            // "table(user,group)", "none"; empty: Django's name
	AuthUserPermissions string            // likewise

	Caches map[string]Cache // by alias; CACHE_URL is "default"

	SessionEngine               string      // "db", "cache", "cached_db", "file" or "signed_cookies"
	SessionTable                string      // of db and cached_db
	SessionColumns              [][2]string // of the table: a column, and the item that it gets
	SessionSalt                 string
	SessionCacheAlias           string
	SessionCacheFormat          string // "django" or "plain"
	SessionFilePath             string
	SessionFileAllowUsers       []int  // ids, beside the process's own
	SessionDenyList             string // "none", "db" or "cache"
	SessionCookie               cookie.Options
	SessionCookieAge            time.Duration
	SessionExpireAtBrowserClose bool
	SessionSaveEveryRequest     bool
	SessionIdleTimeout          time.Duration // zero: none
	SessionAbsoluteTimeout      time.Duration // zero: none
	SessionRefreshInterval      time.Duration // zero: chosen by package session

	CSRFUseSessions    bool // the secret is kept in the session
	CSRFCookie         cookie.Options
	CSRFCookieAge      time.Duration // zero: until the browser closes
	CSRFHeaderName     string        // as in HTTP: "X-Csrftoken"
	CSRFTrustedOrigins []string

	MessageStorage messages.Storage
	MessageCookie  string // its name
	MessageLevel   messages.Level

	LoginLimitStore    string // "auto", "db", "cache", "memory" or "none"
	LoginLimitAccount  throttle.Limit
	LoginLimitSource   throttle.Limit
	PasswordResetLimit throttle.Limit
	SignUpLimit        throttle.Limit
	NewSessionLimit    throttle.Limit // zero: none
	DeviceCookie       string         // its name; empty: DeviceSite has it
	Devices            string         // "auto", "db", "allauth" or "none"
	DeviceLimit        int            // zero: none
	DeviceLimitPolicy  string         // "oldest", "refuse" or "ask"
	DeviceAddress      string         // "short", "full" or "none"
	DeviceAddressAge   time.Duration  // zero: as long as the device
	DevicePushURL      secret.Text    // empty: see DevicePush
	TrustedProxies     []netip.Prefix
	TrustedProxyHeader string // as in HTTP

	EmailURL         secret.Text // empty: mails are written to the terminal
	DefaultFromEmail string

	UseXForwardedHost             bool // in place of Host
	SecureProxySSLHeader          ProxyHeader
	SecureSSLRedirect             bool          // plain HTTP is sent to HTTPS
	SecureSSLHost                 string        // where to; empty: the host that was asked for
	SecureRedirectExempt          []string      // regular expressions of paths, without the first slash
	SecureHSTS                    time.Duration // zero: the header is not sent
	SecureHSTSIncludeSubdomains   bool
	SecureHSTSPreload             bool
	SecureContentTypeNosniff      bool
	SecureReferrerPolicy          string // empty: the header is not sent
	SecureCrossOriginOpenerPolicy string // empty: the header is not sent
	XFrameOptions                 string // "DENY", "SAMEORIGIN"; empty: the header is not sent

	LoginURL          string
	LoginRedirectURL  string
	LogoutRedirectURL string // empty: the program decides

	UseTZ    bool
	TimeZone string

	Written map[string]string // as they were written, those that are not secret
	Hints   map[string]string // what may be shown of the secret ones; empty if they are
	File    string            // the path of the file that was read; empty: none
	From    map[string]string // where each was: "flag", "environment", a file, "default"
}

// Of returns the values of a *settings.Settings, for packages of this module:
// programs see them by name only. Package settings sets it.
var Of func(settings any) *Settings

// Get returns a value as it was written. It is empty for a secret, and for a name
// that is unknown.
func (s *Settings) Get(name string) string { return s.Written[name] }

// A ProxyHeader is SECURE_PROXY_SSL_HEADER: a request that carries Name with
// Value came over HTTPS. The zero value means no such header.
type ProxyHeader struct {
	Name  string // as in HTTP: "X-Forwarded-Proto"
	Value string // "https"
}

// Format implements [fmt.Formatter]: with every verb only the type is shown.
func (s Settings) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "settings.Settings")
}

// LogValue implements [slog.LogValuer], as Format.
func (s Settings) LogValue() slog.Value { return slog.StringValue("settings.Settings") }

// Keys returns SECRET_KEY and SECRET_KEY_FALLBACKS, for what signs or verifies.
// The error says that there are none, or which is empty.
func (s *Settings) Keys() (secret.Keys, error) {
	if s.SecretKey.IsZero() {
		return secret.Keys{}, errNoKey
	}
	var older []string
	for i, key := range s.SecretKeyFallbacks {
		if key.IsZero() {
			return secret.Keys{}, fmt.Errorf("settings: SECRET_KEY_FALLBACKS[%d] is empty", i)
		}
		older = append(older, key.Reveal())
	}
	return secret.NewKeys(s.SecretKey.Reveal(), older...)
}

var errNoKey = errors.New("settings: SECRET_KEY is not set; make one with: openssl rand -base64 48")

// TableZone returns the zone whose wall clock time the database keeps, nil
// for UTC.
func (s *Settings) TableZone() (*time.Location, error) {
	if s.UseTZ {
		return nil, nil // nil is UTC
	}
	return s.Zone()
}

// Zone returns what TIME_ZONE names.
func (s *Settings) Zone() (*time.Location, error) {
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("settings: TIME_ZONE: unknown time zone %q", s.TimeZone)
	}
	return zone, nil
}

// SessionsInTable reports whether sessions, or which of them have ended, are in
// the table SESSION_TABLE.
func (s *Settings) SessionsInTable() bool {
	switch s.SessionEngine {
	case "db", "cached_db":
		return true
	case "signed_cookies":
		return s.SessionDenyList == "db"
	}
	return false
}
