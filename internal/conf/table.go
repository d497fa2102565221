package conf

import (
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/internal/sessionmodel"
	"github.com/jamsession/jamsession/internal/signing"
	"github.com/jamsession/jamsession/internal/usermodel"
	"github.com/jamsession/jamsession/secret"
)

// A Setting is one name that [Load] knows.
type Setting struct {
	Name    string // Django's, if Django has it
	Type    string // what its value is
	Default string // as it would be written; empty if there is none
	Doc     string // what it is for, a few words
	Secret  bool   // its value must not be shown

	set func(s *Settings, v value) error
}

// All returns every setting, in the order of the package comment.
func All() []Setting { return append([]Setting(nil), table...) }

// table is the one place where settings are declared.
var table = []Setting{
	{
		"SECRET_KEY", "text", "", "signs and ties sessions; keep it secret", true,
		secretText(func(s *Settings) *secret.Text { return &s.SecretKey }),
	},
	{
		"SECRET_KEY_FALLBACKS", "list", "", "older keys that are still accepted", true,
		secretList(func(s *Settings) *[]secret.Text { return &s.SecretKeyFallbacks }),
	},
	{"ADDR", "text", "127.0.0.1:8000", "host:port to listen on", false, setAddr},
	{"ALLOWED_HOSTS", "list", "", "names of the site; empty: any", false, setAllowedHosts},
	{"DATABASE_URL", "text", "sqlite:///db.sqlite3", "where the tables are", true, setDatabaseURL},
	{
		"STORE_TIMEOUT", "seconds", "5", "for an answer of database or cache", false,
		seconds(1, func(s *Settings) *duration { return &s.StoreTimeout }),
	},
	{"PBKDF2_ITERATIONS", "number", "1000000", "cost of a new password hash", false, setIterations},

	{"PASSWORD_HASHERS", "list", "", "first makes new; empty: Django's list", false, setHashers},
	{
		"PASSWORD_UPGRADE", "bool", "true", "false: leaves hashes as they are stored", false,
		boolean(func(s *Settings) *bool { return &s.PasswordUpgrade }),
	},
	{"AUTH_PASSWORD_VALIDATORS", "list", "all", "judge new passwords; empty: none", false, setValidators},
	{"PASSWORD_MIN_LENGTH", "number", "8", "in characters, for the validator length", false, setMinLength},
	{
		"PASSWORD_RESET_TIMEOUT", "seconds", "259200", "how long a reset link is valid", false,
		seconds(1, func(s *Settings) *duration { return &s.PasswordResetTimeout }),
	},
	{
		"LOGIN_STAY_LOGGED_IN_AGE", "seconds", "2592000", "how long \"remember me\" lasts", false,
		seconds(1, func(s *Settings) *duration { return &s.LoginStayLoggedInAge }),
	},

	{
		"AUTHENTICATION_BACKENDS", "list", "", "Django's that know the users", false,
		setBackends,
	},
	{"AUTH_USER_MODEL", "text", usermodel.Stock, "Django's name of the user model", false, setUserModel},
	{"AUTH_USER_TABLE", "text", "", "its table; empty: app_model", false, setUserTable},
	{"AUTH_USER_COLUMNS", "list", "", "field=column where they differ", false, setUserColumns},
	{
		"AUTH_USER_KEY_TYPE", "text", usermodel.KeyTypes[0], "auto, integer, uuid or text", false,
		oneOf(func(s *Settings) *string { return &s.AuthUserKeyType }, usermodel.KeyTypes...),
	},
	{
		"AUTH_USER_CASE", "text", usermodel.Cases[0], "of names: exact, ignore or lower", false,
		oneOf(func(s *Settings) *string { return &s.AuthUserCase }, usermodel.Cases...),
	},
	{
		"AUTH_USER_GROUPS", "text", "", "table(user_column,group_column); none", false,
		userLink(func(s *Settings) *string { return &s.AuthUserGroups }),
	},
	{
		"AUTH_USER_PERMISSIONS", "text", "", "likewise, of permissions", false,
		userLink(func(s *Settings) *string { return &s.AuthUserPermissions }),
	},

	{"CACHE_URL", "text", "", "the cache \"default\"", true, setCacheURL},
	{"CACHES", "caches", "", "more caches, by alias", true, setCaches},

	{"SESSION_ENGINE", "text", "db", "where sessions are kept", false, setEngine},
	{"SESSION_TABLE", "text", sessionmodel.Stock, "db_table of the session model", false, setSessionTable},
	{"SESSION_COLUMNS", "list", "", "column=item of the session model", false, setSessionColumns},
	{"SESSION_SALT", "text", signing.SessionSalt, "key_salt of SessionStore", false, setSessionSalt},
	{
		"SESSION_CACHE_ALIAS", "text", "default", "the cache of cache and cached_db", false,
		text(func(s *Settings) *string { return &s.SessionCacheAlias }),
	},
	{
		"SESSION_CACHE_FORMAT", "text", "django", "plain: faster, not shared with Django", false,
		oneOf(func(s *Settings) *string { return &s.SessionCacheFormat }, "django", "plain"),
	},
	{
		"SESSION_FILE_PATH", "text", "", "the folder of the engine file", false,
		text(func(s *Settings) *string { return &s.SessionFilePath }),
	},
	{"SESSION_FILE_ALLOW_USERS", "list", "", "other users' ids whose files count", false, setFileUsers},
	{
		"SESSION_DENY_LIST", "text", "none", "none, db or cache: ends signed cookies", false,
		oneOf(func(s *Settings) *string { return &s.SessionDenyList }, "none", "db", "cache"),
	},
	{
		"SESSION_COOKIE_NAME", "text", "sessionid", "", false,
		cookieName(func(s *Settings) *string { return &s.SessionCookie.Name }),
	},
	{
		"SESSION_COOKIE_AGE", "seconds", "1209600", "how long a session lives unused", false,
		seconds(1, func(s *Settings) *duration { return &s.SessionCookieAge }),
	},
	{
		"SESSION_COOKIE_DOMAIN", "text", "", "empty: this host only", false,
		cookieDomain(func(s *Settings) *string { return &s.SessionCookie.Domain }),
	},
	{
		"SESSION_COOKIE_PATH", "text", "/", "", false,
		cookiePath(func(s *Settings) *string { return &s.SessionCookie.Path }),
	},
	{
		"SESSION_COOKIE_SECURE", "secure", "auto", "auto: except plain HTTP to loopback", false,
		secure(func(s *Settings) *secureMode { return &s.SessionCookie.Secure }),
	},
	{
		"SESSION_COOKIE_HTTPONLY", "bool", "true", "false: scripts can read it", false,
		unless(func(s *Settings) *bool { return &s.SessionCookie.Scriptable }),
	},
	{
		"SESSION_COOKIE_SAMESITE", "samesite", "Lax", "", false,
		sameSite(func(s *Settings) *sameSiteMode { return &s.SessionCookie.SameSite }),
	},
	{
		"SESSION_EXPIRE_AT_BROWSER_CLOSE", "bool", "false", "", false,
		boolean(func(s *Settings) *bool { return &s.SessionExpireAtBrowserClose }),
	},
	{
		"SESSION_SAVE_EVERY_REQUEST", "bool", "false", "each request prolongs the session", false,
		boolean(func(s *Settings) *bool { return &s.SessionSaveEveryRequest }),
	},
	{
		"SESSION_IDLE_TIMEOUT", "seconds", "0", "ends an unused session; 0: no limit", false,
		seconds(0, func(s *Settings) *duration { return &s.SessionIdleTimeout }),
	},
	{
		"SESSION_ABSOLUTE_TIMEOUT", "seconds", "0", "ends any session; 0: no limit", false,
		seconds(0, func(s *Settings) *duration { return &s.SessionAbsoluteTimeout }),
	},
	{
		"SESSION_REFRESH_INTERVAL", "seconds", "0", "least time between two prolongations", false,
		seconds(-1, func(s *Settings) *duration { return &s.SessionRefreshInterval }),
	},

	{
		"CSRF_USE_SESSIONS", "bool", "false", "the secret is in the session", false,
		boolean(func(s *Settings) *bool { return &s.CSRFUseSessions }),
	},
	{
		"CSRF_COOKIE_NAME", "text", "csrftoken", "", false,
		cookieName(func(s *Settings) *string { return &s.CSRFCookie.Name }),
	},
	{
		"CSRF_COOKIE_AGE", "seconds", "31449600", "0: until the browser closes", false,
		seconds(0, func(s *Settings) *duration { return &s.CSRFCookieAge }),
	},
	{
		"CSRF_COOKIE_DOMAIN", "text", "", "empty: this host only", false,
		cookieDomain(func(s *Settings) *string { return &s.CSRFCookie.Domain }),
	},
	{
		"CSRF_COOKIE_PATH", "text", "/", "", false,
		cookiePath(func(s *Settings) *string { return &s.CSRFCookie.Path }),
	},
	{
		"CSRF_COOKIE_SECURE", "secure", "auto", "auto: except plain HTTP to loopback", false,
		secure(func(s *Settings) *secureMode { return &s.CSRFCookie.Secure }),
	},
	{
		"CSRF_COOKIE_HTTPONLY", "bool", "false", "false: scripts can read it", false,
		unless(func(s *Settings) *bool { return &s.CSRFCookie.Scriptable }),
	},
	{
		"CSRF_COOKIE_SAMESITE", "samesite", "Lax", "", false,
		sameSite(func(s *Settings) *sameSiteMode { return &s.CSRFCookie.SameSite }),
	},
	{
		"CSRF_HEADER_NAME", "text", "HTTP_X_CSRFTOKEN", "header that may carry the token", false,
		setCSRFHeader,
	},
	{"CSRF_TRUSTED_ORIGINS", "list", "", "such as https://*.example.com", false, setOrigins},

	{"MESSAGE_STORAGE", "text", "fallback", "fallback, cookie or session", false, setMessageStorage},
	{
		"MESSAGE_COOKIE_NAME", "text", "messages", "Django's cannot be changed", false,
		cookieName(func(s *Settings) *string { return &s.MessageCookie }),
	},
	{"MESSAGE_LEVEL", "number", "20", "the lowest level that is kept", false, setMessageLevel},

	{
		"LOGIN_LIMIT_STORE", "text", "auto", "db, cache, memory, none; see Guesses", false,
		oneOf(func(s *Settings) *string { return &s.LoginLimitStore },
			"auto", "db", "cache", "memory", "none"),
	},
	{
		"LOGIN_LIMIT_ACCOUNT", "limit", "10/300", "guesses on one name, as attempts/seconds", false,
		limit(func(s *Settings) *throttle.Limit { return &s.LoginLimitAccount }),
	},
	{
		"LOGIN_LIMIT_SOURCE", "limit", "50/2", "guesses from one address", false,
		limit(func(s *Settings) *throttle.Limit { return &s.LoginLimitSource }),
	},
	{
		"LOGIN_DEVICE_COOKIE_NAME", "text", "", "of known devices; see Guesses", false,
		optionalCookieName(func(s *Settings) *string { return &s.DeviceCookie }),
	},
	{
		"PASSWORD_RESET_LIMIT", "limit", "5/1200", "reset requests and mails of one address", false,
		limit(func(s *Settings) *throttle.Limit { return &s.PasswordResetLimit }),
	},
	{
		"SIGNUP_LIMIT", "limit", "20/60", "sign-ups from one address", false,
		limit(func(s *Settings) *throttle.Limit { return &s.SignUpLimit }),
	},
	{
		"NEW_SESSION_LIMIT", "limit", "1000/1", "new sessions of an address; or none", false,
		optionalLimit(func(s *Settings) *throttle.Limit { return &s.NewSessionLimit }),
	},
	{
		"DEVICES", "text", "auto", "db, allauth, none; see Devices", false,
		oneOf(func(s *Settings) *string { return &s.Devices }, "auto", "db", "allauth", "none"),
	},
	{"DEVICE_LIMIT", "number", "0", "devices of one user; 0: no limit", false, setDeviceLimit},
	{
		"DEVICE_LIMIT_POLICY", "text", "oldest", "who goes: oldest, refuse or ask", false,
		oneOf(func(s *Settings) *string { return &s.DeviceLimitPolicy }, "oldest", "refuse", "ask"),
	},
	{
		"DEVICE_ADDRESS", "text", "short", "what is kept: short, full or none", false,
		oneOf(func(s *Settings) *string { return &s.DeviceAddress }, "short", "full", "none"),
	},
	{
		"DEVICE_ADDRESS_AGE", "seconds", "0", "and how long; 0: as the device", false,
		seconds(0, func(s *Settings) *duration { return &s.DeviceAddressAge }),
	},
	{"DEVICE_PUSH_URL", "text", "", "tells other processes; see Devices", true, setDevicePushURL},
	{"TRUSTED_PROXIES", "list", "", "networks that say who the visitor is", false, setTrustedProxies},
	{
		"TRUSTED_PROXY_HEADER", "text", defaultProxyHeader, "where they say it, or Forwarded", false,
		setTrustedProxyHeader,
	},

	{"EMAIL_URL", "text", "", "smtp://host:587; empty: terminal", true, setEmailURL},
	{"DEFAULT_FROM_EMAIL", "text", "webmaster@localhost", "the sender of mails", false, setFromEmail},

	{
		"USE_X_FORWARDED_HOST", "bool", "false", "if the proxy changes Host, and sets this", false,
		boolean(func(s *Settings) *bool { return &s.UseXForwardedHost }),
	},
	{"SECURE_PROXY_SSL_HEADER", "list", "", "HTTP_X_FORWARDED_PROTO,https", false, setProxyHeader},
	{
		"SECURE_SSL_REDIRECT", "bool", "false", "sends plain HTTP to HTTPS", false,
		boolean(func(s *Settings) *bool { return &s.SecureSSLRedirect }),
	},
	{"SECURE_SSL_HOST", "text", "", "where to; empty: the same host", false, setSSLHost},
	{
		"SECURE_REDIRECT_EXEMPT", "list", "", "regular expressions of paths that stay", false,
		setRedirectExempt,
	},
	{
		"SECURE_HSTS_SECONDS", "seconds", "0", "browsers take HTTPS only so long; 0: off", false,
		seconds(0, func(s *Settings) *duration { return &s.SecureHSTS }),
	},
	{
		"SECURE_HSTS_INCLUDE_SUBDOMAINS", "bool", "false", "", false,
		boolean(func(s *Settings) *bool { return &s.SecureHSTSIncludeSubdomains }),
	},
	{
		"SECURE_HSTS_PRELOAD", "bool", "false", "", false,
		boolean(func(s *Settings) *bool { return &s.SecureHSTSPreload }),
	},
	{
		"SECURE_CONTENT_TYPE_NOSNIFF", "bool", "true", "", false,
		boolean(func(s *Settings) *bool { return &s.SecureContentTypeNosniff }),
	},
	{"SECURE_REFERRER_POLICY", "list", "same-origin", "empty: none is sent", false, setReferrerPolicy},
	{
		"SECURE_CROSS_ORIGIN_OPENER_POLICY", "text", "same-origin", "empty: none is sent", false,
		setOpenerPolicy,
	},
	{"X_FRAME_OPTIONS", "text", "DENY", "or SAMEORIGIN; empty: none is sent", false, setFrameOptions},

	{
		"LOGIN_URL", "text", "/accounts/login/", "", false,
		location(func(s *Settings) *string { return &s.LoginURL }),
	},
	{
		"LOGIN_REDIRECT_URL", "text", "/accounts/profile/", "where a login leads", false,
		location(func(s *Settings) *string { return &s.LoginRedirectURL }),
	},
	{
		"LOGOUT_REDIRECT_URL", "text", "", "where a logout leads", false,
		optionalLocation(func(s *Settings) *string { return &s.LogoutRedirectURL }),
	},

	{
		"USE_TZ", "bool", "true", "false: the tables hold local time", false,
		boolean(func(s *Settings) *bool { return &s.UseTZ }),
	},
	{"TIME_ZONE", "text", "UTC", "of USE_TZ=false, and of reset links", false, setTimeZone},
}

// lookup returns the setting of this name.
func lookup(name string) (Setting, bool) {
	for _, t := range table {
		if t.Name == name {
			return t, true
		}
	}
	return Setting{}, false
}
