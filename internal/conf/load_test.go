package conf_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/cookie"
	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/secret"
)

const goodKey = "p4Yt7wq0Zr8Vd2Lx6Nb3Ms9Kc5Jh1Gf-Qe_Ta.Uo+Wi/Xy=RlHg"

// env serves the environment from a map.
func env(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := vars[name]
		return v, ok
	}
}

func fromEnv(vars map[string]string) conf.Sources {
	return conf.Sources{LookupEnv: env(vars)}
}

func fromFile(t *testing.T, text string) conf.Sources {
	t.Helper()
	path := filepath.Join(t.TempDir(), "jamsession.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return conf.Sources{File: path}
}

func load(t *testing.T, src conf.Sources) *conf.Settings {
	t.Helper()
	s, err := conf.Load(src)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDefaultsAreDjangos(t *testing.T) {
	got := load(t, conf.Sources{})
	got.Written, got.Hints, got.From = nil, nil, nil
	want := &conf.Settings{
		Addr:                 "127.0.0.1:8000",
		DatabaseURL:          secret.New("sqlite:///db.sqlite3"),
		StoreTimeout:         5 * time.Second,
		PBKDF2Iterations:     1_000_000,
		PasswordUpgrade:      true,
		PasswordValidators:   []string{"similarity", "length", "common", "numeric"},
		PasswordMinLength:    8,
		PasswordResetTimeout: 3 * 24 * time.Hour,
		LoginStayLoggedInAge: 30 * 24 * time.Hour,
		AuthUserModel:        "auth.User",
		AuthUserKeyType:      "auto",
		AuthUserCase:         "exact",
		MessageLevel:         messages.LevelInfo,
		SessionEngine:        "db",
		SessionTable:         "django_session",
		SessionSalt:          "django.contrib.sessions.SessionStore",
		SessionCacheAlias:    "default",
		SessionCacheFormat:   "django",
		SessionDenyList:      "none",
		SessionCookie:        cookie.Options{Name: "sessionid", Path: "/", SameSite: http.SameSiteLaxMode},
		SessionCookieAge:     14 * 24 * time.Hour,
		CSRFCookie: cookie.Options{
			Name: "csrftoken", Path: "/", SameSite: http.SameSiteLaxMode, Scriptable: true,
		},
		CSRFCookieAge:      364 * 24 * time.Hour,
		CSRFHeaderName:     "X-Csrftoken",
		LoginLimitStore:    "auto",
		LoginLimitAccount:  throttle.Limit{Burst: 10, Every: 5 * time.Minute},
		LoginLimitSource:   throttle.Limit{Burst: 50, Every: 2 * time.Second},
		PasswordResetLimit: throttle.Limit{Burst: 5, Every: 20 * time.Minute},
		SignUpLimit:        throttle.Limit{Burst: 20, Every: time.Minute},
		NewSessionLimit:    throttle.Limit{Burst: 1000, Every: time.Second},
		Devices:            "auto",
		DeviceLimitPolicy:  "oldest",
		DeviceAddress:      "short",
		TrustedProxyHeader: "X-Forwarded-For",
		MessageCookie:      "messages",
		DefaultFromEmail:   "webmaster@localhost",

		SecureContentTypeNosniff:      true,
		SecureReferrerPolicy:          "same-origin",
		SecureCrossOriginOpenerPolicy: "same-origin",
		XFrameOptions:                 "DENY",

		LoginURL:         "/accounts/login/",
		LoginRedirectURL: "/accounts/profile/",
		UseTZ:            true,
		TimeZone:         "UTC",
	}
	if !same(got, want) {
		t.Errorf("got %#v", reflect.ValueOf(*got))
	}
}

// same compares what has secrets in it, which reflect cannot.
func same(a, b any) bool { return cmp.Equal(a, b, cmpopts.EquateComparable(netip.Prefix{})) }

func TestFlagBeforeEnvironmentBeforeFileBeforeDefault(t *testing.T) {
	src := fromFile(t, "SESSION_COOKIE_AGE = 3\nSESSION_COOKIE_NAME = \"file\"\nLOGIN_URL = \"/file/\"\n")
	src.LookupEnv = env(map[string]string{"SESSION_COOKIE_AGE": "2", "SESSION_COOKIE_NAME": "env"})
	src.Flags = map[string]string{"SESSION_COOKIE_AGE": "1"}
	s := load(t, src)
	if s.SessionCookieAge != time.Second || s.SessionCookie.Name != "env" ||
		s.LoginURL != "/file/" || s.LoginRedirectURL != "/accounts/profile/" {
		t.Errorf("age %v, name %q, login %q", s.SessionCookieAge, s.SessionCookie.Name, s.LoginURL)
	}
}

// TestUserModel: the settings that only make sense together.
func TestUserModel(t *testing.T) {
	s := load(t, fromFile(t, `AUTH_USER_MODEL = "crew.Member"
AUTH_USER_TABLE = "people"
AUTH_USER_COLUMNS = ["id=member_no", "username=email", "first_name="]
AUTH_USER_KEY_TYPE = "uuid"
AUTH_USER_CASE = "ignore"
AUTH_USER_GROUPS = "people_groups(member_id,group_id)"
AUTH_USER_PERMISSIONS = "none"
`))
	got := []any{
		s.UserTable(), s.AuthUserColumns, s.AuthUserKeyType, s.AuthUserCase, s.AuthUserGroups, s.AuthUserPermissions,
	}
	want := []any{
		"people",
		map[string]string{"id": "member_no", "username": "email", "first_name": ""},
		"uuid", "ignore",
		"people_groups(member_id,group_id)", "none",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for name, value := range map[string]string{
		"AUTH_USER_TABLE": "people", "AUTH_USER_COLUMNS": "id=no", "AUTH_USER_KEY_TYPE": "text",
		"AUTH_USER_GROUPS": "none", "AUTH_USER_PERMISSIONS": "none",
	} {
		_, err := conf.Load(fromEnv(map[string]string{name: value}))
		if err == nil || !strings.Contains(err.Error(), name+" describes a model of the site's own") {
			t.Errorf("%s of auth.User: %v", name, err)
		}
	}
	for name, value := range map[string]string{
		"AUTH_USER_MODEL": "Member", "AUTH_USER_TABLE": `a"b`, "AUTH_USER_COLUMNS": "phone=phone",
		"AUTH_USER_KEY_TYPE": "guid", "AUTH_USER_CASE": "upper", "AUTH_USER_GROUPS": "t(a)",
		"AUTH_USER_PERMISSIONS": "t",
	} {
		_, err := conf.Load(fromEnv(map[string]string{name: value}))
		if err == nil || !strings.Contains(err.Error(), name+" (environment) is ") {
			t.Errorf("%s = %s: %v", name, value, err)
		}
	}
}

func TestEachSettingFromEnvironmentAndFile(t *testing.T) {
	tests := []struct {
		name, env, toml string
		get             func(*conf.Settings) any
		want            any
	}{
		{
			"SECRET_KEY", goodKey, `"` + goodKey + `"`,
			func(s *conf.Settings) any { return s.SecretKey }, secret.New(goodKey),
		},
		{
			"SECRET_KEY_FALLBACKS", "one, two,", `["one", "two"]`,
			func(s *conf.Settings) any { return s.SecretKeyFallbacks },
			[]secret.Text{secret.New("one"), secret.New("two")},
		},
		{
			"ADDR", "localhost:1", `"localhost:1"`,
			func(s *conf.Settings) any { return s.Addr }, "localhost:1",
		},
		{
			"DATABASE_URL", "sqlite:////a/b.db", `"sqlite:////a/b.db"`,
			func(s *conf.Settings) any { return s.DatabaseURL }, secret.New("sqlite:////a/b.db"),
		},
		{
			"STORE_TIMEOUT", "7", "7",
			func(s *conf.Settings) any { return s.StoreTimeout }, 7 * time.Second,
		},
		{
			"PBKDF2_ITERATIONS", "260000", "260000",
			func(s *conf.Settings) any { return s.PBKDF2Iterations }, 260000,
		},
		{
			"PASSWORD_HASHERS", "django.contrib.auth.hashers.ScryptPasswordHasher,md5,UnsaltedMD5PasswordHasher",
			`["scrypt", "django.contrib.auth.hashers.MD5PasswordHasher", "unsalted_md5"]`,
			func(s *conf.Settings) any { return s.PasswordHashers },
			[]string{"scrypt", "md5", "unsalted_md5"},
		},
		{
			"PASSWORD_UPGRADE", "false", "false",
			func(s *conf.Settings) any { return s.PasswordUpgrade }, false,
		},
		{
			"AUTH_PASSWORD_VALIDATORS", "length, django.contrib.auth.password_validation.NumericPasswordValidator",
			`["MinimumLengthValidator", "numeric"]`,
			func(s *conf.Settings) any { return s.PasswordValidators },
			[]string{"length", "numeric"},
		},
		{
			"PASSWORD_MIN_LENGTH", "15", "15",
			func(s *conf.Settings) any { return s.PasswordMinLength }, 15,
		},
		{
			"PASSWORD_RESET_TIMEOUT", "3600", "3600",
			func(s *conf.Settings) any { return s.PasswordResetTimeout }, time.Hour,
		},
		{
			"AUTHENTICATION_BACKENDS", "a.B,django.contrib.auth.backends.ModelBackend",
			`["a.B", "django.contrib.auth.backends.ModelBackend"]`,
			func(s *conf.Settings) any { return strings.Join(s.AuthenticationBackends, " ") },
			"django.contrib.auth.backends.ModelBackend a.B",
		},
		{
			"AUTH_USER_MODEL", "crew.Member", `"crew.Member"`,
			func(s *conf.Settings) any { return s.AuthUserModel + " " + s.UserTable() }, "crew.Member crew_member",
		},
		{
			"AUTH_USER_CASE", "lower", `"lower"`,
			func(s *conf.Settings) any { return s.AuthUserCase }, "lower",
		},
		{
			"MESSAGE_STORAGE", "cookie", `"django.contrib.messages.storage.cookie.CookieStorage"`,
			func(s *conf.Settings) any { return s.MessageStorage }, messages.StorageCookie,
		},
		{
			"MESSAGE_LEVEL", "10", "10",
			func(s *conf.Settings) any { return s.MessageLevel }, messages.LevelDebug,
		},
		{
			"ALLOWED_HOSTS", "a.example,.b.example,[::1]", `["a.example", ".b.example", "[::1]"]`,
			func(s *conf.Settings) any { return s.AllowedHosts },
			[]string{"a.example", ".b.example", "[::1]"},
		},
		{
			"LOGIN_LIMIT_STORE", "memory", `"memory"`,
			func(s *conf.Settings) any { return s.LoginLimitStore }, "memory",
		},
		{
			"LOGIN_LIMIT_ACCOUNT", "3/60", `"3/60"`,
			func(s *conf.Settings) any { return s.LoginLimitAccount },
			throttle.Limit{Burst: 3, Every: time.Minute},
		},
		{
			"DEVICES", "none", `"none"`,
			func(s *conf.Settings) any { return s.Devices }, "none",
		},
		{
			"DEVICE_LIMIT", "3", "3",
			func(s *conf.Settings) any { return s.DeviceLimit }, 3,
		},
		{
			"DEVICE_LIMIT_POLICY", "ask", `"ask"`,
			func(s *conf.Settings) any { return s.DeviceLimitPolicy }, "ask",
		},
		{
			"DEVICE_ADDRESS", "full", `"full"`,
			func(s *conf.Settings) any { return s.DeviceAddress }, "full",
		},
		{
			"DEVICE_ADDRESS_AGE", "3600", "3600",
			func(s *conf.Settings) any { return s.DeviceAddressAge }, time.Hour,
		},
		{
			"DEVICE_PUSH_URL", "postgres://u:p@db/site", `"postgres://u:p@db/site"`,
			func(s *conf.Settings) any { return s.DevicePushURL }, secret.New("postgres://u:p@db/site"),
		},
		{
			"LOGIN_LIMIT_SOURCE", "3/60", `"3/60"`,
			func(s *conf.Settings) any { return s.LoginLimitSource },
			throttle.Limit{Burst: 3, Every: time.Minute},
		},
		{
			"PASSWORD_RESET_LIMIT", "1/86400", `"1/86400"`,
			func(s *conf.Settings) any { return s.PasswordResetLimit },
			throttle.Limit{Burst: 1, Every: 24 * time.Hour},
		},
		{
			"SIGNUP_LIMIT", "2/3600", `"2/3600"`,
			func(s *conf.Settings) any { return s.SignUpLimit },
			throttle.Limit{Burst: 2, Every: time.Hour},
		},
		{
			"NEW_SESSION_LIMIT", "none", `"none"`,
			func(s *conf.Settings) any { return s.NewSessionLimit },
			throttle.Limit{},
		},
		{
			"TRUSTED_PROXIES", "10.0.0.0/8,::1", `["10.0.0.0/8", "::1"]`,
			func(s *conf.Settings) any { return s.TrustedProxies },
			[]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")},
		},
		{
			"MESSAGE_COOKIE_NAME", "notes", `"notes"`,
			func(s *conf.Settings) any { return s.MessageCookie }, "notes",
		},
		{
			"LOGIN_DEVICE_COOKIE_NAME", "__Host-known", `"__Host-known"`,
			func(s *conf.Settings) any { return s.Device().Name }, "__Host-known",
		},
		{
			"TRUSTED_PROXY_HEADER", "HTTP_X_REAL_IP", `"x-real-ip"`,
			func(s *conf.Settings) any { return s.TrustedProxyHeader }, "X-Real-Ip",
		},
		{
			"EMAIL_URL", "smtp://u:p@h:25", `"smtp://u:p@h:25"`,
			func(s *conf.Settings) any { return s.EmailURL }, secret.New("smtp://u:p@h:25"),
		},
		{
			"DEFAULT_FROM_EMAIL", "A <a@b.c>", `"A <a@b.c>"`,
			func(s *conf.Settings) any { return s.DefaultFromEmail }, "A <a@b.c>",
		},
		{
			"LOGIN_STAY_LOGGED_IN_AGE", "60", "60",
			func(s *conf.Settings) any { return s.LoginStayLoggedInAge }, time.Minute,
		},
		{
			"CACHE_URL", "redis://u:p@h/1?version=2&key_prefix=k&x=y", `"redis://u:p@h/1?x=y&key_prefix=k&version=2"`,
			func(s *conf.Settings) any { return s.Caches["default"] },
			conf.Cache{
				URL: secret.New("redis://u:p@h/1?x=y"), KeyPrefix: "k", Version: 2, Serializer: "pickle",
				Compressor: "none", KeyFunction: "django", Hashing: "rendezvous", MaxEntries: 300,
				ClientCacheMiB: 16,
			},
		},
		{
			"CACHES", "a=memory://, b=memcached://h1:1", `["a=memory://", "b=memcached://h1:1"]`,
			func(s *conf.Settings) any { return s.Caches },
			map[string]conf.Cache{
				"a": cacheAt("memory://"),
				"b": cacheAt("memcached://h1:1"),
			},
		},
		{
			"SESSION_TABLE", `"app"."crew_session"`, `'"app"."crew_session"'`,
			func(s *conf.Settings) any { return s.SessionTable }, `"app"."crew_session"`,
		},
		{
			"SESSION_COLUMNS", "account_id=_auth_user_id, ip = address=x", `["account_id=_auth_user_id", "ip=address=x"]`,
			func(s *conf.Settings) any { return s.SessionColumns },
			[][2]string{{"account_id", "_auth_user_id"}, {"ip", "address=x"}},
		},
		{
			"SESSION_SALT", "django.contrib.sessions.CrewStore", `"django.contrib.sessions.CrewStore"`,
			func(s *conf.Settings) any { return s.SessionSalt }, "django.contrib.sessions.CrewStore",
		},
		{
			"SESSION_CACHE_ALIAS", "a", `"a"`,
			func(s *conf.Settings) any { return s.SessionCacheAlias }, "a",
		},
		{
			"SESSION_CACHE_FORMAT", "plain", `"plain"`,
			func(s *conf.Settings) any { return s.SessionCacheFormat }, "plain",
		},
		{
			"SESSION_FILE_ALLOW_USERS", "33, 1000", `["33", "1000"]`,
			func(s *conf.Settings) any { return s.SessionFileAllowUsers },
			[]int{33, 1000},
		},
		{
			"SESSION_FILE_PATH", "/a b", `"/a b"`,
			func(s *conf.Settings) any { return s.SessionFilePath }, "/a b",
		},
		{
			"SESSION_DENY_LIST", "cache", `"cache"`,
			func(s *conf.Settings) any { return s.SessionDenyList }, "cache",
		},
		{
			"SESSION_ENGINE", "django.contrib.sessions.backends.cached_db", `"jamsession_sessions.cached_db"`,
			func(s *conf.Settings) any { return s.SessionEngine }, "cached_db",
		},
		{
			"SESSION_COOKIE_NAME", "__Host-sid", `"__Host-sid"`,
			func(s *conf.Settings) any { return s.SessionCookie.Name }, "__Host-sid",
		},
		{
			"SESSION_COOKIE_AGE", " 60 ", "60",
			func(s *conf.Settings) any { return s.SessionCookieAge }, time.Minute,
		},
		{
			"SESSION_COOKIE_DOMAIN", ".example.com", `".example.com"`,
			func(s *conf.Settings) any { return s.SessionCookie.Domain }, ".example.com",
		},
		{
			"SESSION_COOKIE_PATH", "/app", `"/app"`,
			func(s *conf.Settings) any { return s.SessionCookie.Path }, "/app",
		},
		{
			"SESSION_COOKIE_SECURE", "True", "true",
			func(s *conf.Settings) any { return s.SessionCookie.Secure }, cookie.SecureAlways,
		},
		{
			"SESSION_COOKIE_SECURE", "0", "false",
			func(s *conf.Settings) any { return s.SessionCookie.Secure }, cookie.SecureNeverUnsafe,
		},
		{
			"SESSION_COOKIE_SECURE", "", `"auto"`,
			func(s *conf.Settings) any { return s.SessionCookie.Secure }, cookie.SecureAuto,
		},
		{
			"SESSION_COOKIE_HTTPONLY", "no", "false",
			func(s *conf.Settings) any { return s.SessionCookie.Scriptable }, true,
		},
		{
			"SESSION_COOKIE_SAMESITE", "strict", `"Strict"`,
			func(s *conf.Settings) any { return s.SessionCookie.SameSite }, http.SameSiteStrictMode,
		},
		{
			"SESSION_COOKIE_SAMESITE", "None", `"None"`,
			func(s *conf.Settings) any { return s.SessionCookie.SameSite }, http.SameSiteNoneMode,
		},
		{
			"SESSION_COOKIE_SAMESITE", "False", `false`,
			func(s *conf.Settings) any { return s.SessionCookie.SameSite }, http.SameSiteDefaultMode,
		},
		{
			"SESSION_EXPIRE_AT_BROWSER_CLOSE", "1", "true",
			func(s *conf.Settings) any { return s.SessionExpireAtBrowserClose }, true,
		},
		{
			"SESSION_SAVE_EVERY_REQUEST", "yes", "true",
			func(s *conf.Settings) any { return s.SessionSaveEveryRequest }, true,
		},
		{
			"SESSION_IDLE_TIMEOUT", "3600", "3600",
			func(s *conf.Settings) any { return s.SessionIdleTimeout }, time.Hour,
		},
		{
			"SESSION_ABSOLUTE_TIMEOUT", "86400", "86400",
			func(s *conf.Settings) any { return s.SessionAbsoluteTimeout }, 24 * time.Hour,
		},
		{
			"SESSION_REFRESH_INTERVAL", "-1", "-1",
			func(s *conf.Settings) any { return s.SessionRefreshInterval }, -time.Second,
		},
		{
			"CSRF_USE_SESSIONS", "true", "true",
			func(s *conf.Settings) any { return s.CSRFUseSessions }, true,
		},
		{
			"CSRF_COOKIE_NAME", "xsrf", `"xsrf"`,
			func(s *conf.Settings) any { return s.CSRFCookie.Name }, "xsrf",
		},
		{
			"CSRF_COOKIE_AGE", "0", "0",
			func(s *conf.Settings) any { return s.CSRFCookieAge }, time.Duration(0),
		},
		{
			"CSRF_COOKIE_DOMAIN", "example.com", `"example.com"`,
			func(s *conf.Settings) any { return s.CSRFCookie.Domain }, "example.com",
		},
		{
			"CSRF_COOKIE_PATH", "/app", `"/app"`,
			func(s *conf.Settings) any { return s.CSRFCookie.Path }, "/app",
		},
		{
			"CSRF_COOKIE_SECURE", "true", "true",
			func(s *conf.Settings) any { return s.CSRFCookie.Secure }, cookie.SecureAlways,
		},
		{
			"CSRF_COOKIE_HTTPONLY", "true", "true",
			func(s *conf.Settings) any { return s.CSRFCookie.Scriptable }, false,
		},
		{
			"CSRF_COOKIE_SAMESITE", "Strict", `"strict"`,
			func(s *conf.Settings) any { return s.CSRFCookie.SameSite }, http.SameSiteStrictMode,
		},
		{
			"CSRF_HEADER_NAME", "HTTP_X_XSRF_TOKEN", `"HTTP_X_XSRF_TOKEN"`,
			func(s *conf.Settings) any { return s.CSRFHeaderName }, "X-Xsrf-Token",
		},
		{
			"CSRF_TRUSTED_ORIGINS", "https://a.example,http://*.b.example:8080",
			`["https://a.example", "http://*.b.example:8080"]`,
			func(s *conf.Settings) any { return s.CSRFTrustedOrigins },
			[]string{"https://a.example", "http://*.b.example:8080"},
		},
		{
			"SECURE_PROXY_SSL_HEADER", "HTTP_X_FORWARDED_PROTO,https", `["HTTP_X_FORWARDED_PROTO", "https"]`,
			func(s *conf.Settings) any { return s.SecureProxySSLHeader },
			conf.ProxyHeader{Name: "X-Forwarded-Proto", Value: "https"},
		},
		{
			"SECURE_SSL_REDIRECT", "true", "true",
			func(s *conf.Settings) any { return s.SecureSSLRedirect }, true,
		},
		{
			"SECURE_SSL_HOST", "www.example.com:8443", `"www.example.com:8443"`,
			func(s *conf.Settings) any { return s.SecureSSLHost }, "www.example.com:8443",
		},
		{
			"SECURE_REDIRECT_EXEMPT", "^healthz$,^x/", `["^healthz$", "^x/"]`,
			func(s *conf.Settings) any { return s.SecureRedirectExempt },
			[]string{"^healthz$", "^x/"},
		},
		{
			"SECURE_HSTS_SECONDS", "31536000", "31536000",
			func(s *conf.Settings) any { return s.SecureHSTS }, 365 * 24 * time.Hour,
		},
		{
			"USE_X_FORWARDED_HOST", "true", "true",
			func(s *conf.Settings) any { return s.UseXForwardedHost }, true,
		},
		{
			"SECURE_HSTS_INCLUDE_SUBDOMAINS", "true", "true",
			func(s *conf.Settings) any { return s.SecureHSTSIncludeSubdomains }, true,
		},
		{
			"SECURE_HSTS_PRELOAD", "true", "true",
			func(s *conf.Settings) any { return s.SecureHSTSPreload }, true,
		},
		{
			"SECURE_CONTENT_TYPE_NOSNIFF", "false", "false",
			func(s *conf.Settings) any { return s.SecureContentTypeNosniff }, false,
		},
		{
			"SECURE_REFERRER_POLICY", "no-referrer,strict-origin", `["no-referrer", "strict-origin"]`,
			func(s *conf.Settings) any { return s.SecureReferrerPolicy }, "no-referrer,strict-origin",
		},
		{
			"SECURE_CROSS_ORIGIN_OPENER_POLICY", "unsafe-none", `"unsafe-none"`,
			func(s *conf.Settings) any { return s.SecureCrossOriginOpenerPolicy }, "unsafe-none",
		},
		{
			"X_FRAME_OPTIONS", "sameorigin", `"SAMEORIGIN"`,
			func(s *conf.Settings) any { return s.XFrameOptions }, "SAMEORIGIN",
		},
		{
			"LOGIN_URL", "https://sso.example/login", `"https://sso.example/login"`,
			func(s *conf.Settings) any { return s.LoginURL }, "https://sso.example/login",
		},
		{
			"LOGIN_REDIRECT_URL", "/home", `"/home"`,
			func(s *conf.Settings) any { return s.LoginRedirectURL }, "/home",
		},
		{
			"LOGOUT_REDIRECT_URL", "/bye", `"/bye"`,
			func(s *conf.Settings) any { return s.LogoutRedirectURL }, "/bye",
		},
		{
			"USE_TZ", "False", "false",
			func(s *conf.Settings) any { return s.UseTZ }, false,
		},
		{
			"TIME_ZONE", "Etc/UTC", `"Etc/UTC"`,
			func(s *conf.Settings) any { return s.TimeZone }, "Etc/UTC",
		},
	}
	tested := map[string]bool{ // by TestUserModel
		"AUTH_USER_TABLE": true, "AUTH_USER_COLUMNS": true, "AUTH_USER_KEY_TYPE": true,
		"AUTH_USER_GROUPS": true, "AUTH_USER_PERMISSIONS": true,
	}
	for _, test := range tests {
		tested[test.name] = true
		t.Run(test.name, func(t *testing.T) {
			s := load(t, fromEnv(map[string]string{test.name: test.env}))
			if got := test.get(s); !same(got, test.want) {
				t.Errorf("environment %q: got %v, want %v", test.env, got, test.want)
			}
			s = load(t, fromFile(t, test.name+" = "+test.toml+"\n"))
			if got := test.get(s); !same(got, test.want) {
				t.Errorf("file %s: got %v, want %v", test.toml, got, test.want)
			}
		})
	}
	for _, setting := range conf.All() {
		if !tested[setting.Name] {
			t.Errorf("%s is not tested", setting.Name)
		}
	}
}

func TestBadValuesNameSettingSourceValueAndAGoodOne(t *testing.T) {
	tests := []struct{ name, value, want string }{
		{"SESSION_COOKIE_AGE", "two weeks", `settings: SESSION_COOKIE_AGE (environment) is "two weeks": want a whole number from 1 to 3153600000`},
		{"SESSION_COOKIE_AGE", "0", `from 1 to`},
		{"SESSION_COOKIE_AGE", "99999999999999999999", `from 1 to`},
		{"SESSION_IDLE_TIMEOUT", "-1", `from 0 to`},
		{"SESSION_COOKIE_HTTPONLY", "maybe", `want true or false`},
		{"SESSION_COOKIE_SECURE", "maybe", `want true, false or auto`},
		{"SESSION_COOKIE_SAMESITE", "lux", `want "Lax", "Strict", "None", or false to leave it out`},
		{"SESSION_COOKIE_NAME", "a b", `want letters, digits and`},
		{"SESSION_COOKIE_DOMAIN", "a;b", `want a host name of letters`},
		{"SESSION_COOKIE_PATH", "app", `want a path that begins with "/"`},
		{"SESSION_ENGINE", "redis", `no such engine; there are db, cache, cached_db, file, signed_cookies`},
		{"AUTHENTICATION_BACKENDS", "ModelBackend", `want names of classes, such as`},
		{"SESSION_TABLE", "", `want a name`},
		{"SESSION_TABLE", `a"b`, `want a name without quotes`},
		{"SESSION_TABLE", `"a`, `want the quotes to end`},
		{"SESSION_TABLE", "a.b.c", `want a table, or a schema, a point and a table`},
		{"SESSION_TABLE", "a?", `want a name without quotes, question marks`},
		{"SESSION_COLUMNS", "account_id", `want column=item, such as "account_id=_auth_user_id"`},
		{"SESSION_COLUMNS", "account_id=", `want column=item`},
		{"SESSION_COLUMNS", `a"b=c`, `want column=item`},
		{"SESSION_SALT", "", `want a text, such as "django.contrib.sessions."`},
		{"SESSION_CACHE_FORMAT", "json", `want django or plain`},
		{"SESSION_DENY_LIST", "yes", `want none or db or cache`},
		{"CACHE_URL", "http://u:hunter2@h", `CACHE_URL (environment): want "redis://host:6379/0"`},
		{"CACHE_URL", "redis://u:hunter2@h?version=x", `option version: want a whole number`},
		{"CACHE_URL", "redis://u:hunter2@h?%zz", `options cannot be read`},
		{"CACHES", "redis://u:hunter2@h", `want "alias=url"`},
		{"CACHES", "a=http://u:hunter2@h", `"a": want "redis://host:6379/0"`},
		{"ALLOWED_HOSTS", "https://example.com", `want names without port`},
		{"ALLOWED_HOSTS", "example.com:80", `want names without port`},
		{"ALLOWED_HOSTS", "example.com,.bücher.example", `write punycode: .xn--bcher-kva.example`},
		{"CSRF_TRUSTED_ORIGINS", "https://bücher.example", `write punycode: https://xn--bcher-kva.example`},
		{"CSRF_TRUSTED_ORIGINS", "https://*.bücher.example", `write punycode: https://*.xn--bcher-kva.example`},
		{"SESSION_COOKIE_DOMAIN", "bücher.example", `write punycode: xn--bcher-kva.example`},
		{"CSRF_COOKIE_DOMAIN", ".bücher.example", `write punycode: .xn--bcher-kva.example`},
		{"SECURE_SSL_HOST", "bücher.example:8443", `write punycode: xn--bcher-kva.example:8443`},
		{"LOGIN_URL", "https://bücher.example/in", `write punycode: https://xn--bcher-kva.example/in`},
		{"LOGIN_REDIRECT_URL", "https://bücher.example/", `write punycode: https://xn--bcher-kva.example/`},
		{"LOGOUT_REDIRECT_URL", "https://bücher.example/", `write punycode: https://xn--bcher-kva.example/`},
		{"ADDR", "bücher.example:8000", `write punycode: xn--bcher-kva.example`},
		{"DATABASE_URL", "postgres://u:hunter2@bücher.example/db", `write punycode: xn--bcher-kva.example`},
		{"DATABASE_URL", "mysql://u:hunter2@bücher.example/db", `write punycode: xn--bcher-kva.example`},
		{"CACHE_URL", "redis://u:hunter2@a.example:1,bücher.example:2/0", `write punycode: xn--bcher-kva.example:2`},
		{"CACHES", "a=redis://u:hunter2@bücher.example", `write punycode: xn--bcher-kva.example`},
		{"ALLOWED_HOSTS", "*.example.com", `want names without port`},
		{"LOGIN_LIMIT_STORE", "redis", `want auto or db or cache or memory or none`},
		{"DEVICES", "redis", `want auto or db or allauth or none`},
		{"DEVICE_LIMIT", "-1", `from 0 to`},
		{"DEVICE_LIMIT_POLICY", "newest", `want oldest or refuse or ask`},
		{"DEVICE_ADDRESS", "long", `want short or full or none`},
		{"DEVICE_ADDRESS_AGE", "-1", `from 0 to`},
		{"DEVICE_PUSH_URL", "mysql://u:hunter2@db/site", `want "postgres://user:password@host/name"`},
		{"DEVICE_PUSH_URL", "memcached://h:11211", `want "postgres://user:password@host/name"`},
		{"DEVICE_PUSH_URL", "postgres://u:hunter2@db", `the name of the database is missing`},
		{"DEVICE_PUSH_URL", "redis://u:hunter2@bücher.example", `write punycode: xn--bcher-kva.example`},
		{"DEVICE_PUSH_URL", "redis", `want "postgres://user:password@host/name"`},
		{"LOGIN_LIMIT_ACCOUNT", "10", `want attempts/seconds, such as "10/300"`},
		{"LOGIN_LIMIT_ACCOUNT", "0/300", `want attempts/seconds`},
		{"LOGIN_LIMIT_ACCOUNT", "10/0", `want attempts/seconds`},
		{"LOGIN_LIMIT_SOURCE", "10/300/1", `want attempts/seconds`},
		{"LOGIN_LIMIT_SOURCE", "1000000/3600", `a year at most`},
		{"PASSWORD_RESET_LIMIT", "a/b", `want attempts/seconds`},
		{"SIGNUP_LIMIT", "-1/60", `want attempts/seconds`},
		{"SESSION_FILE_ALLOW_USERS", "www-data", `want ids of users`},
		{"SESSION_FILE_ALLOW_USERS", "-1", `want ids of users`},
		{"TRUSTED_PROXIES", "proxy.example.com", `want addresses or networks`},
		{"TRUSTED_PROXIES", "0.0.0.0/0", `want addresses or networks`},
		{"TRUSTED_PROXIES", "::/0", `want addresses or networks`},
		{"TRUSTED_PROXIES", "::ffff:10.0.0.0/104", `want addresses or networks`},
		{"TRUSTED_PROXY_HEADER", "X-Forwarded-For:", `want the name of a header`},
		{"TRUSTED_PROXY_HEADER", "", `want the name of a header`},
		{"MESSAGE_COOKIE_NAME", "", `want letters`},
		{"LOGIN_DEVICE_COOKIE_NAME", "my device", `want letters`},
		{"EMAIL_URL", "mail.example.com", `want smtp://user:password@host:587`},
		{"EMAIL_URL", "smtp://u:hunter2@h:x", `percent-encode special characters`},
		{"EMAIL_URL", "smtp://u:hunter2@h:0", `0 is not a port`},
		{"DEFAULT_FROM_EMAIL", "nobody", `want an address, such as`},
		{"DATABASE_URL", "oracle://u:hunter2@h/db", `DATABASE_URL (environment): there are no databases of the kind "oracle"; want "sqlite:///relative.db"`},
		{"DATABASE_URL", "postgres://u:hunter2@h", `name of the database is missing`},
		{"DATABASE_URL", "postgres://u:hunter2@h/a/b", `name of the database is missing`},
		{"DATABASE_URL", "postgres://u:hunter2 @h/db", `percent-encode special characters`},
		{"DATABASE_URL", "mysql:u:hunter2@h/db", `"//" is needed`},
		{"DATABASE_URL", "mysql://u:hunter2@h/db?max_conns=0", `max_conns must be a number, 1 or more`},
		{"DATABASE_URL", "db.sqlite3", `want "sqlite:///relative.db", "sqlite:////absolute.db"`},
		{"DATABASE_URL", "sqlite://db.sqlite3", `three slashes`},
		{"DATABASE_URL", "sqlite:///", `name of the file is missing`},
		{"DATABASE_URL", "sqlite:///:memory:", `in memory`},
		{"DATABASE_URL", "sqlite:///a.db?mode=ro", `takes no options; write "?" as %3F`},
		{"DATABASE_URL", "sqlite:///a%zz.db", `two hex digits`},
		{"DATABASE_URL", "sqlite:///a%00.db", `control characters`},
		{"ADDR", "8000", `want host:port`},
		{"ADDR", "localhost:http", `want host:port`},
		{"PBKDF2_ITERATIONS", "10000001", `from 1 to 10000000`},
		{"PASSWORD_HASHERS", "argon2i", `"argon2i" is not a password hasher; there are pbkdf2_sha256`},
		{"PASSWORD_HASHERS", "md5,argon2", `md5 is too weak for new passwords; put another one first`},
		{"AUTH_PASSWORD_VALIDATORS", "long", `"long" is not a password validator; there are similarity, length`},
		{"MESSAGE_STORAGE", "file", `no such storage; there are fallback, cookie, session`},
		{"MESSAGE_LEVEL", "0", `from 1 to 1000`},
		{"PASSWORD_MIN_LENGTH", "0", `from 1 to 4096`},
		{"CSRF_HEADER_NAME", "X-CSRFToken", `such as "HTTP_X_CSRFTOKEN"`},
		{"CSRF_TRUSTED_ORIGINS", "example.com", `"example.com" is not an origin`},
		{"CSRF_TRUSTED_ORIGINS", "https://example.com/", `is not an origin`},
		{"SECURE_PROXY_SSL_HEADER", "X", `such as "HTTP_X_FORWARDED_PROTO,https"`},
		{"LOGIN_URL", "javascript:alert(1)", `want a path that begins with "/", or a full URL`},
		{"LOGIN_URL", "//evil.example/", `want a path`},
		{"LOGIN_URL", "", `want a path`},
		{"TIME_ZONE", "Mars/Olympus", `such as "UTC"`},
		{"SECRET_KEY", "hunter2\x00", `SECRET_KEY (environment): want text without control characters`},
	}
	for _, test := range tests {
		_, err := conf.Load(fromEnv(map[string]string{test.name: test.value}))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s=%s: got error %v, want %q in it", test.name, test.value, err, test.want)
		} else if !strings.Contains(err.Error(), test.name) {
			t.Errorf("%s=%s: %v does not name it", test.name, test.value, err)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error shows a secret: %v", test.name, err)
		}
	}
}

func TestLongValueIsShownInPart(t *testing.T) {
	for _, name := range []string{"SESSION_COOKIE_AGE", "CSRF_TRUSTED_ORIGINS", "SESSION_ENGINE"} {
		_, err := conf.Load(fromEnv(map[string]string{name: strings.Repeat("x", 10_000)}))
		if err == nil || len(err.Error()) > 500 || !strings.Contains(err.Error(), `xxx..."`) {
			t.Errorf("%s: an error of %d bytes", name, len(fmt.Sprint(err)))
		}
	}
}

func TestFileOfWrongTypes(t *testing.T) {
	for _, line := range []string{
		"SESSION_COOKIE_NAME = 1", "SESSION_COOKIE_AGE = 1.5", "SESSION_COOKIE_AGE = true",
		"CSRF_TRUSTED_ORIGINS = [1]", "CSRF_TRUSTED_ORIGINS = 1", "USE_TZ = 2",
		"SECRET_KEY = 7", "LOGIN_URL = 1979-05-27", "SESSION_COOKIE_SAMESITE = true",
		"SESSION_COOKIE_SECURE = {a = 1}",
	} {
		name, _, _ := strings.Cut(line, " ")
		_, err := conf.Load(fromFile(t, line))
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "want ") {
			t.Errorf("%s: got error %v", line, err)
		}
	}
}

func TestEveryProblemIsReportedAtOnce(t *testing.T) {
	src := fromFile(t, "SESSION_COOKIE_AGE = 0\nNONSENSE_SETTING_HERE = 1\n")
	src.LookupEnv = env(map[string]string{"USE_TZ": "x", "ADDR": "y"})
	src.Flags = map[string]string{"SESION_ENGINE": "db"}
	_, err := conf.Load(src)
	if err == nil {
		t.Fatal("no error")
	}
	for _, name := range []string{
		"SESSION_COOKIE_AGE", "NONSENSE_SETTING_HERE", "USE_TZ", "ADDR", "SESION_ENGINE",
	} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not in: %v", name, err)
		}
	}
	if lines := strings.Count(err.Error(), "\n"); lines != 4 {
		t.Errorf("%d lines, want 5: %v", lines+1, err)
	}
}

func TestUnknownNamesInFileAreErrorsWithASuggestion(t *testing.T) {
	tests := []struct{ line, want string }{
		{"SESION_COOKIE_AGE = 1", "SESION_COOKIE_AGE (%s): no such setting; did you mean SESSION_COOKIE_AGE?"},
		{"secret_key = 'x'", "did you mean SECRET_KEY?"},
		{"login-url = 'x'", "did you mean LOGIN_URL?"},
		{"[session]\ncookie = 1", "settings: session (%s): no such setting"},
		{"FROBNICATION_LEVEL = 3", "settings: FROBNICATION_LEVEL (%s): no such setting"},
	}
	for _, test := range tests {
		src := fromFile(t, test.line)
		_, err := conf.Load(src)
		want := strings.ReplaceAll(test.want, "%s", src.File)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want %q", test.line, err, want)
		}
	}
	_, err := conf.Load(fromFile(t, "FROBNICATION_LEVEL = 3"))
	if strings.Contains(err.Error(), "did you mean") {
		t.Errorf("a far-fetched suggestion: %v", err)
	}
}

func TestBrokenFileDoesNotShowASecret(t *testing.T) {
	for _, text := range []string{
		"SECRET_KEY = hunter2", "SECRET_KEY = \"hunter2\nA = 1", "SECRET_KEY = \"hunter2\\q\"",
		"hunter2", "SECRET_KEY = \"a\"\nhunter2 hunter2", "SECRET_KEY_FALLBACKS = [hunter2]",
		"SECRET_KEY = 0xhunter2",
	} {
		_, err := conf.Load(fromFile(t, text))
		if err == nil || strings.Contains(err.Error(), "unter") {
			t.Errorf("%q: got error %v", text, err)
		} else if !strings.Contains(err.Error(), "line ") {
			t.Errorf("%q: %v does not say where", text, err)
		}
	}
	_, err := conf.Load(fromFile(t, "USE_TZ = True"))
	if err == nil || !strings.Contains(err.Error(), "USE_TZ") {
		t.Errorf("got error %v, want one that names USE_TZ", err)
	}
}

func TestMissingFile(t *testing.T) {
	_, err := conf.Load(conf.Sources{File: filepath.Join(t.TempDir(), "no.toml")})
	if err == nil || !strings.Contains(err.Error(), "no.toml") {
		t.Errorf("got error %v", err)
	}
}

func TestSystemReadsTheFileIfThereIsOne(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("SESSION_COOKIE_AGE", "5")
	if s := load(t, conf.System()); s.SessionCookieAge != 5*time.Second {
		t.Errorf("age %v from the environment", s.SessionCookieAge)
	}
	if err := os.WriteFile(conf.DefaultFile, []byte(`LOGIN_URL = "/in/"`), 0o600); err != nil {
		t.Fatal(err)
	}
	if s := load(t, conf.System()); s.LoginURL != "/in/" {
		t.Errorf("login URL %q from the file", s.LoginURL)
	}
}

func TestContradictionsAreErrors(t *testing.T) {
	tests := []map[string]string{
		{"SESSION_COOKIE_NAME": "__Host-s", "SESSION_COOKIE_SECURE": "false"},
		{"SESSION_COOKIE_NAME": "__Secure-s", "SESSION_COOKIE_SECURE": "false"},
		{"SESSION_COOKIE_NAME": "__Host-s", "SESSION_COOKIE_DOMAIN": "example.com"},
		{"SESSION_COOKIE_NAME": "__Host-s", "SESSION_COOKIE_PATH": "/app"},
		{"SESSION_COOKIE_NAME": "__Host-Http-s", "SESSION_COOKIE_HTTPONLY": "false"},
		{"SESSION_COOKIE_NAME": "messages"},
		{"CSRF_COOKIE_NAME": "messages", "MESSAGE_STORAGE": "cookie"},
		{"SESSION_COOKIE_SAMESITE": "None", "SESSION_COOKIE_SECURE": "false"},
		{"CSRF_COOKIE_SAMESITE": "None", "CSRF_COOKIE_SECURE": "false"},
		{"CSRF_COOKIE_NAME": "__Host-c", "CSRF_COOKIE_PATH": "/app"},
		{"CSRF_COOKIE_NAME": "sessionid"},
		{"MESSAGE_COOKIE_NAME": "csrftoken"},
		{"SESSION_COLUMNS": "account_id=_auth_user_id", "SESSION_ENGINE": "file"},
		{"DEVICES": "allauth", "SESSION_ENGINE": "signed_cookies"},
		{"MESSAGE_COOKIE_NAME": "__Host-m", "SESSION_COOKIE_DOMAIN": "example.com"},
		{"LOGIN_DEVICE_COOKIE_NAME": "sessionid"},
		{"LOGIN_DEVICE_COOKIE_NAME": "csrftoken"},
		{"LOGIN_DEVICE_COOKIE_NAME": "messages"},
		{"LOGIN_DEVICE_COOKIE_NAME": "__Host-d", "SESSION_COOKIE_PATH": "/app"},
		{"LOGIN_DEVICE_COOKIE_NAME": "__Secure-d", "SESSION_COOKIE_SECURE": "false"},
	}
	for _, vars := range tests {
		if _, err := conf.Load(fromEnv(vars)); err == nil {
			t.Errorf("%v: no error", vars)
		}
	}
}

func TestSettingsPrintNoValue(t *testing.T) {
	s := load(t, fromEnv(map[string]string{"SECRET_KEY": goodKey, "SECRET_KEY_FALLBACKS": "hunter2"}))
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "s", s)
	out := fmt.Sprintf("%v %+v %#v %s %q %d %+v %#v", s, s, s, s, s, s, *s, *s) + log.String()
	if strings.Contains(out, goodKey) || strings.Contains(out, "hunter2") {
		t.Errorf("a secret in %s", out)
	}
}

func TestNewSessionLimit(t *testing.T) {
	for text, want := range map[string]throttle.Limit{
		"1000/1": {Burst: 1000, Every: time.Second}, "3/60": {Burst: 3, Every: time.Minute}, "none": {},
	} {
		s := load(t, conf.Sources{Flags: map[string]string{"SECRET_KEY": goodKey, "NEW_SESSION_LIMIT": text}})
		if s.NewSessionLimit != want {
			t.Errorf("%s: %v", text, s.NewSessionLimit)
		}
	}
	for _, text := range []string{"", "0/1", "1000", "None", "1/0"} {
		flags := map[string]string{"SECRET_KEY": goodKey, "NEW_SESSION_LIMIT": text}
		if _, err := conf.Load(conf.Sources{Flags: flags}); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

// TestDevicesOfTwoSitesOnOneHost: the cookie is named after the session's, and
// has its path.
func TestDevicesOfTwoSitesOnOneHost(t *testing.T) {
	for name, want := range map[string]string{
		"sessionid": "", "__Host-sessionid": "", "__Secure-sessionid": "", "shop": "shop", "__Host-shop": "shop",
		"__Host-Http-shop": "shop", "__Host-": "",
	} {
		s := load(t, fromEnv(map[string]string{"SESSION_COOKIE_NAME": name}))
		if got := s.DeviceSite(); got != want || s.Device().Name != "" || s.Device().Path != "/" {
			t.Errorf("%s: %q, want %q; %+v", name, got, want, s.Device())
		}
	}
	s := load(t, fromEnv(map[string]string{"SESSION_COOKIE_PATH": "/shop", "SESSION_COOKIE_DOMAIN": "example.com"}))
	if o := s.Device(); o.Path != "/shop" || o.Domain != "" {
		t.Errorf("%+v", o)
	}
}

// TestHintsShowNoSecret, and say what kind of server there is.
func TestHintsShowNoSecret(t *testing.T) {
	for written, want := range map[string]string{
		"": "", "sqlite:///db.sqlite3": "sqlite:///db.sqlite3", "sqlite:////var/db?key=SENTINEL": "sqlite:////var/db",
		"sqlite://SENTINEL": "sqlite://(secret)", "postgres://site:SENTINEL@h/db": "postgres://(secret)",
		"postgres:SENTINEL://h": "(secret)", "SENTINEL://h": "(secret)", "SENTINEL": "(secret)",
		"redis+cluster://:SENTINEL@h": "redis+cluster://(secret)",
		"sentinelsentinelsentinel://": "(secret)", "s1=redis://:SENTINEL@h": "(secret)",
	} {
		if got := conf.Hint(written); got != want {
			t.Errorf("%s: %s, want %s", written, got, want)
		}
	}
	s := load(t, fromEnv(map[string]string{"SECRET_KEY": goodKey, "EMAIL_URL": "smtp://u:SENTINEL@localhost"}))
	for _, setting := range conf.All() {
		hint, hinted := s.Hints[setting.Name]
		if _, shown := s.Written[setting.Name]; shown == setting.Secret || hinted != setting.Secret {
			t.Errorf("%s: written %t, hint %t", setting.Name, shown, hinted)
		}
		if s.From[setting.Name] == "" || strings.Contains(hint, "SENTINEL") || strings.Contains(hint, goodKey[:5]) {
			t.Errorf("%s: from %q, hint %q", setting.Name, s.From[setting.Name], hint)
		}
	}
}
