package conf_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/secret"
)

func ids(findings []conf.Finding) []string {
	var list []string
	for _, f := range findings {
		list = append(list, f.ID)
	}
	return list
}

// deployed returns the settings of a site with which nothing is wrong, as
// docs/login.md has them, with others in their place.
func deployed(t *testing.T, others ...string) *conf.Settings {
	t.Helper()
	vars := map[string]string{
		"SECRET_KEY":                     goodKey,
		"ALLOWED_HOSTS":                  "www.example.com",
		"SECURE_PROXY_SSL_HEADER":        "HTTP_X_FORWARDED_PROTO,https",
		"TRUSTED_PROXIES":                "127.0.0.1",
		"SECURE_SSL_REDIRECT":            "true",
		"SECURE_HSTS_SECONDS":            "31536000",
		"SECURE_HSTS_INCLUDE_SUBDOMAINS": "true",
		"DATABASE_URL":                   "postgres://site:sesame@db.example.com/site?sslmode=verify-full",
		"SESSION_COOKIE_NAME":            "__Host-sessionid",
		"CSRF_COOKIE_NAME":               "__Host-csrftoken",
		"SESSION_IDLE_TIMEOUT":           "604800",
		"SESSION_ABSOLUTE_TIMEOUT":       "2592000",
		"PASSWORD_RESET_TIMEOUT":         "3600",
		"EMAIL_URL":                      "smtp://site:sesame@mail.example.com:587",
		"DEFAULT_FROM_EMAIL":             "noreply@example.com",
	}
	for i := 0; i < len(others); i += 2 {
		vars[others[i]] = others[i+1]
	}
	t.Setenv("PGSSLMODE", "")
	t.Setenv("PGPASSWORD", "")
	t.Setenv("PGPASSFILE", "")
	keys := vars["SECRET_KEY"]
	older, rotated := vars["SECRET_KEY_FALLBACKS"]
	vars["SECRET_KEY"] = goodKey
	delete(vars, "SECRET_KEY_FALLBACKS")
	s := load(t, fromEnv(vars))
	s.SecretKey = secret.New(keys) // Load refuses weak ones
	if rotated {
		for _, key := range strings.Split(older, ",") {
			s.SecretKeyFallbacks = append(s.SecretKeyFallbacks, secret.New(key))
		}
	}
	return s
}

// deployCases are, for each finding, settings that have it and some that are
// close and do not: the id, or none, and then names and values.
var deployCases = [][]string{
	{""},
	{"security.W009", "SECRET_KEY", ""},
	{"security.W009", "SECRET_KEY", goodKey[:49]},
	{"security.W009", "SECRET_KEY", strings.Repeat("abcd", 20)},
	{"security.W009", "SECRET_KEY", "django-insecure-" + goodKey},
	{"security.W025", "SECRET_KEY_FALLBACKS", "1" + goodKey + ",short"},
	{"", "SECRET_KEY_FALLBACKS", "1" + goodKey + ",2" + goodKey},
	{"jamsession.W007", "SECRET_KEY_FALLBACKS", "1" + goodKey + ",2" + goodKey + ",3" + goodKey},
	{"jamsession.W008", "SECRET_KEY_FALLBACKS", goodKey},

	{"security.W020", "ALLOWED_HOSTS", ""},
	{"jamsession.W042", "ALLOWED_HOSTS", "*"},
	{"jamsession.W042", "ALLOWED_HOSTS", "www.example.com,.com"},
	{"", "ALLOWED_HOSTS", ".example.com"},
	{"", "USE_X_FORWARDED_HOST", "true"},
	{"jamsession.W006 jamsession.W056", "USE_X_FORWARDED_HOST", "true", "TRUSTED_PROXIES", ""},
	{"jamsession.W043", "ADDR", "0.0.0.0:8000", "SECURE_PROXY_SSL_HEADER", ""},
	{"jamsession.W043", "ADDR", "10.0.0.5:8000", "SECURE_PROXY_SSL_HEADER", ""},
	{"jamsession.W044", "ADDR", "0.0.0.0:8000", "SECURE_PROXY_SSL_HEADER", "HTTP_X_FORWARDED_PROTO,https"},
	{"jamsession.W044", "ADDR", ":8000"},
	{"jamsession.W044", "ADDR", "203.0.113.9:8000"},
	{"", "ADDR", "10.0.0.5:8000"},
	{"jamsession.W057", "ADDR", "127.0.0.1:8000", "SECURE_PROXY_SSL_HEADER", ""},
	{"jamsession.W006 jamsession.W057", "ADDR", "[::1]:8000", "SECURE_PROXY_SSL_HEADER", "", "TRUSTED_PROXIES", ""},
	{
		"jamsession.W057 jamsession.W005", "SECURE_PROXY_SSL_HEADER", "", "TRUSTED_PROXIES", "",
		"LOGIN_LIMIT_STORE", "none",
	},
	{"jamsession.W006", "TRUSTED_PROXIES", ""},
	{"jamsession.W006 jamsession.W057", "TRUSTED_PROXY_HEADER", "Forwarded", "SECURE_PROXY_SSL_HEADER", "", "TRUSTED_PROXIES", ""},
	{"jamsession.W045", "TRUSTED_PROXIES", "10.0.0.0/8,0.0.0.0/1"},
	{"jamsession.W045", "TRUSTED_PROXIES", "8.0.0.0/9"},
	{"jamsession.W045", "TRUSTED_PROXIES", "2000::/3"},
	{"", "TRUSTED_PROXIES", "10.0.0.0/8,104.16.0.0/13,2a06:98c0::/29,fd00::/8,::1"},
	{"security.W004", "SECURE_HSTS_SECONDS", "0"},
	{"jamsession.W047", "SECURE_HSTS_SECONDS", "31535999"},
	{"security.W005", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "false"},
	{"security.W006", "SECURE_CONTENT_TYPE_NOSNIFF", "false"},
	{"security.W008", "SECURE_SSL_REDIRECT", "false"},
	{"jamsession.W055", "SECURE_REDIRECT_EXEMPT", "^health$,^accounts/"},
	{"", "SECURE_REDIRECT_EXEMPT", "^health$"},
	{"security.W019", "X_FRAME_OPTIONS", "SAMEORIGIN"},
	{"security.W022", "SECURE_REFERRER_POLICY", ""},
	{"jamsession.W048", "SECURE_REFERRER_POLICY", "same-origin,unsafe-url"},
	{"", "SECURE_REFERRER_POLICY", "no-referrer"},
	{"jamsession.W049", "SECURE_CROSS_ORIGIN_OPENER_POLICY", "unsafe-none"},
	{"jamsession.W049", "SECURE_CROSS_ORIGIN_OPENER_POLICY", ""},
	{"", "SECURE_CROSS_ORIGIN_OPENER_POLICY", "same-origin-allow-popups"},
	{"jamsession.W040", "CSRF_TRUSTED_ORIGINS", "http://www.example.com"},
	{"jamsession.W041", "CSRF_TRUSTED_ORIGINS", "https://*.com"},
	{"", "CSRF_TRUSTED_ORIGINS", "https://*.example.com,https://other.example:8443"},
	{"jamsession.W046", "LOGIN_URL", "http://login.example.com/"},
	{"jamsession.W046", "LOGIN_REDIRECT_URL", "http://www.example.com/"},
	{"jamsession.W046", "LOGOUT_REDIRECT_URL", "http://www.example.com/"},
	{"", "LOGIN_URL", "https://login.example.com/", "LOGOUT_REDIRECT_URL", "/"},

	{"jamsession.W010", "DATABASE_URL", "postgres://site:sesame@db.example.com/site"},
	{"jamsession.W010", "DATABASE_URL", "postgres://site:sesame@db.example.com/site?sslmode=disable"},
	{"jamsession.W010", "DATABASE_URL", "postgres://site:sesame@db.example.com/site?sslmode=allow"},
	{"jamsession.W010", "DATABASE_URL", "postgres://site:sesame@db.example.com/site?sslmode=prefer"},
	{"jamsession.W010", "DATABASE_URL", "postgres://site:sesame@10.0.0.7/site?sslmode=require"},
	{"jamsession.W010", "DATABASE_URL", "postgres://site:sesame@10.0.0.7/site?sslmode=verify-ca"},
	{"jamsession.W010", "DATABASE_URL", "postgres://site:sesame@localhost/site?host=db.example.com"},
	{"jamsession.W010", "DATABASE_URL", "mysql://site:sesame@db.example.com/site"},
	{"jamsession.W010", "DATABASE_URL", "mysql://site:sesame@db.example.com/site?tls=skip-verify"},
	{"jamsession.W010", "DATABASE_URL", "mysql://site:sesame@db.example.com/site?tls=preferred"},
	{"jamsession.W010", "DATABASE_URL", "mysql://site:sesame@db.example.com/site?tls=false"},
	{"", "DATABASE_URL", "mysql://site:sesame@db.example.com/site?tls=true"},
	{"", "DATABASE_URL", "mysql://site:sesame@db.example.com/site?ssl_ca=/etc/ca.pem"},
	{"", "DATABASE_URL", "mysql://site@127.0.0.1/site"},
	{"", "DATABASE_URL", "mysql://site@localhost/site?socket=/run/mysqld/mysqld.sock"},
	{"", "DATABASE_URL", "postgres://site@localhost/site"},
	{"", "DATABASE_URL", "postgres://site@[::1]/site"},
	{"", "DATABASE_URL", "postgres://site@/site?host=/run/postgresql"},
	{"", "DATABASE_URL", "postgres://site@%2Frun%2Fpostgresql/site"},
	{"jamsession.W011", "DATABASE_URL", "postgres://postgres@localhost/site"},
	{"jamsession.W011", "DATABASE_URL", "mysql://root@localhost/site"},
	{"jamsession.W012", "DATABASE_URL", "postgres://site@db.example.com/site?sslmode=verify-full"},
	{"", "DATABASE_URL", "postgres://site@db.example.com/site?sslmode=verify-full&sslcert=/etc/site.pem"},
	{"", "DATABASE_URL", "sqlite:///there/is/none.db"},

	{"jamsession.W014", "SESSION_ENGINE", "cache", "CACHE_URL", "redis://:sesame@cache.example.com:6379/0"},
	{"jamsession.W014", "SESSION_ENGINE", "cached_db", "CACHE_URL", "redis-cluster://:sesame@10.0.0.1,10.0.0.2"},
	{"jamsession.W014", "SESSION_ENGINE", "cache", "CACHE_URL", "memcached://cache.example.com:11211"},
	{"jamsession.W014", "SESSION_ENGINE", "cache", "CACHE_URL", "memcached://127.0.0.1:11211,10.0.0.2:11211"},
	{"jamsession.W014", "SESSION_ENGINE", "cache", "CACHE_URL", "rediss://:sesame@cache.example.com/0?skip_verify=1"},
	{"jamsession.W014", "LOGIN_LIMIT_STORE", "cache", "CACHE_URL", "redis://:sesame@cache.example.com/0"},
	{"jamsession.W015", "SESSION_ENGINE", "cache", "CACHE_URL", "rediss://cache.example.com/0"},
	{"", "SESSION_ENGINE", "cache", "CACHE_URL", "rediss://:sesame@cache.example.com/0"},
	{"", "SESSION_ENGINE", "cache", "CACHE_URL", "redis://localhost/0"},
	{"", "SESSION_ENGINE", "cache", "CACHE_URL", "unix:///run/redis.sock"},
	{"", "SESSION_ENGINE", "cache", "CACHE_URL", "memcached://127.0.0.1:11211,[::1]:11211"},
	{"", "SESSION_ENGINE", "db", "CACHE_URL", "redis://cache.example.com/0"}, // for nothing of ours
	{"jamsession.W014", "SESSION_ENGINE", "cache", "SESSION_CACHE_ALIAS", "s", "CACHES", "s=redis://:sesame@h.example/0"},
	{"jamsession.W004", "SESSION_ENGINE", "cache", "CACHE_URL", "memory://"},
	{"jamsession.W009", "SESSION_ENGINE", "cache", "CACHE_URL", "db://cache_table"},
	{"jamsession.W009", "SESSION_ENGINE", "cache", "CACHE_URL", "file:///var/cache/site?max_entries=9999"},
	{"", "SESSION_ENGINE", "cache", "CACHE_URL", "db://cache_table?max_entries=1000000"},
	{"", "SESSION_ENGINE", "cached_db", "CACHE_URL", "db://cache_table"},
	{"jamsession.W003", "SESSION_ENGINE", "signed_cookies", "SESSION_DENY_LIST", "none"},
	{"", "SESSION_ENGINE", "signed_cookies", "DEVICES", "db"},
	{"", "SESSION_ENGINE", "signed_cookies", "SESSION_DENY_LIST", "db"},
	{"jamsession.W062", "DEVICE_PUSH_URL", "postgres://site:sesame@db.example.com/site"},
	{"jamsession.W062", "DEVICE_PUSH_URL", "redis://:sesame@cache.example.com"},
	{"jamsession.W063", "DEVICE_PUSH_URL", "postgres://site:sesame@localhost:6432/site"},
	{"", "DEVICE_PUSH_URL", "postgres://site:sesame@db.example.com/site?sslmode=verify-full"},
	{"", "DEVICE_PUSH_URL", "postgres://site:sesame@localhost/site"},
	{"", "DEVICE_PUSH_URL", "rediss://:sesame@cache.example.com"},
	{"", "DEVICE_PUSH_URL", "unix:///run/redis.sock"},
	{"", "DEVICE_PUSH_URL", "none", "CACHE_URL", "redis://:sesame@cache.example.com"},
	{"jamsession.W060", "SESSION_ENGINE", "file", "SESSION_FILE_PATH", "/tmp/no-such-folder"},
	{"jamsession.W060", "SESSION_ENGINE", "file", "SESSION_FILE_PATH", "/var/tmp/no-such-folder/sessions"},
	{"", "SESSION_ENGINE", "file", "SESSION_FILE_PATH", "/tmpfiles/sessions"},
	{"", "SESSION_ENGINE", "db", "SESSION_FILE_PATH", "/tmp"},

	{"security.W012 jamsession.W020", "SESSION_COOKIE_SECURE", "false", "SESSION_COOKIE_NAME", "sessionid"},
	{"security.W015", "SESSION_COOKIE_HTTPONLY", "false"},
	{"security.W016 jamsession.W020", "CSRF_COOKIE_SECURE", "false", "CSRF_COOKIE_NAME", "csrftoken"},
	{"", "CSRF_COOKIE_SECURE", "false", "CSRF_COOKIE_NAME", "csrftoken", "CSRF_USE_SESSIONS", "true"},
	{"", "SESSION_COOKIE_SECURE", "true", "CSRF_COOKIE_HTTPONLY", "true"},
	{"jamsession.W020", "SESSION_COOKIE_NAME", "sessionid"},
	{"jamsession.W020", "CSRF_COOKIE_NAME", "__Secure-csrftoken"},
	{"", "SESSION_COOKIE_NAME", "__Host-Http-sid"},
	{"jamsession.W021", "SESSION_COOKIE_NAME", "__Secure-sessionid", "SESSION_COOKIE_DOMAIN", "example.com"},
	{"jamsession.W021", "CSRF_COOKIE_NAME", "__Secure-csrftoken", "CSRF_COOKIE_DOMAIN", "example.com"},
	{"jamsession.W022", "SESSION_COOKIE_SAMESITE", "None"},
	{"jamsession.W022", "SESSION_COOKIE_SAMESITE", "false"},
	{"jamsession.W022", "CSRF_COOKIE_SAMESITE", "None"},
	{"", "SESSION_COOKIE_SAMESITE", "Strict"},
	{"jamsession.W023", "SESSION_IDLE_TIMEOUT", "0"},
	{"jamsession.W023", "SESSION_IDLE_TIMEOUT", "2592001"},
	{"jamsession.W024", "SESSION_ABSOLUTE_TIMEOUT", "0"},
	{"jamsession.W024", "SESSION_ABSOLUTE_TIMEOUT", "2592001"},
	{"jamsession.W025", "SESSION_COOKIE_AGE", "2592001"},
	{"", "SESSION_COOKIE_AGE", "2592000"},
	{"jamsession.W026", "LOGIN_STAY_LOGGED_IN_AGE", "2592001"},

	{"", "PBKDF2_ITERATIONS", "600000"},
	{"jamsession.W001", "PBKDF2_ITERATIONS", "599999"},
	{"", "PBKDF2_ITERATIONS", "599999", "PASSWORD_HASHERS", "argon2,pbkdf2_sha256"},
	{"jamsession.W001", "PASSWORD_HASHERS", "pbkdf2_sha1", "PBKDF2_ITERATIONS", "1399999"},
	{"jamsession.W030", "PASSWORD_HASHERS", "bcrypt"},
	{"", "PASSWORD_HASHERS", "bcrypt_sha256,bcrypt"},
	{"jamsession.W031", "PASSWORD_HASHERS", "argon2,md5"},
	{"jamsession.W031", "PASSWORD_HASHERS", "argon2,unsalted_sha1"},
	{"jamsession.W032", "PASSWORD_UPGRADE", "false"},
	{"jamsession.W033", "AUTH_PASSWORD_VALIDATORS", "length"},
	{"jamsession.W033", "AUTH_PASSWORD_VALIDATORS", "common"},
	{"", "AUTH_PASSWORD_VALIDATORS", "length,common"},
	{"jamsession.W034", "PASSWORD_MIN_LENGTH", "7"},
	{"", "PASSWORD_MIN_LENGTH", "15"},
	{"jamsession.W035", "PASSWORD_RESET_TIMEOUT", "86401"},
	{"", "PASSWORD_RESET_TIMEOUT", "86400"},
	{"jamsession.W036", "EMAIL_URL", ""},
	{"jamsession.W037", "DEFAULT_FROM_EMAIL", "webmaster@localhost"},
	{"jamsession.W037", "DEFAULT_FROM_EMAIL", "Site <root@localhost>"},
	{"jamsession.W037", "DEFAULT_FROM_EMAIL", "Site <root@LOCALHOST.localdomain>"},
	{"jamsession.W037", "DEFAULT_FROM_EMAIL", "root@[127.0.0.1]"},
	{"jamsession.W037", "DEFAULT_FROM_EMAIL", "root@web1"},
	{"jamsession.W037", "DEFAULT_FROM_EMAIL", "root@web1.internal"},
	{"jamsession.W058", "DEFAULT_FROM_EMAIL", "Büro <büro@example.com>"},
	{"", "DEFAULT_FROM_EMAIL", `"webmaster@localhost" <noreply@bücher.example>`},

	{"jamsession.W005", "LOGIN_LIMIT_STORE", "memory"},
	{"jamsession.W005", "LOGIN_LIMIT_STORE", "none"},
	{"", "LOGIN_LIMIT_STORE", "db"},
	{"jamsession.W050", "LOGIN_LIMIT_ACCOUNT", "101/300"},
	{"jamsession.W050", "LOGIN_LIMIT_ACCOUNT", "10/60"},
	{"", "LOGIN_LIMIT_ACCOUNT", "100/300"},
	{"jamsession.W050", "LOGIN_LIMIT_SOURCE", "1001/2"},
	{"jamsession.W050", "PASSWORD_RESET_LIMIT", "5/60"},
	{"jamsession.W050", "SIGNUP_LIMIT", "20/1"},
	{"jamsession.W053", "NEW_SESSION_LIMIT", "none"},
	{"jamsession.W054", "STORE_TIMEOUT", "31"},
	{"", "STORE_TIMEOUT", "30"},
	{"jamsession.W051", "MESSAGE_STORAGE", "cookie"},
	{"", "MESSAGE_STORAGE", "session"},
	{"jamsession.W052", "MESSAGE_LEVEL", "10"},
}

// TestDeployFindsWhatAnAuditorFinds, and nothing else.
func TestDeployFindsWhatAnAuditorFinds(t *testing.T) {
	for _, c := range deployCases {
		t.Run(strings.Join(c, " "), func(t *testing.T) {
			s := deployed(t, c[1:]...)
			findings := s.Check(true)
			want := strings.Fields(c[0])
			if got := ids(findings); !slices.Equal(got, want) && len(got)+len(want) > 0 {
				t.Errorf("got %v, want %v", findings, want)
			}
			for _, f := range findings {
				if f.Level != conf.LevelWarning || f.Hint == "" || !strings.HasSuffix(f.Message, ".") ||
					!strings.HasPrefix(f.String(), "WARNING: ("+f.ID+") ") {
					t.Errorf("%s", f)
				}
				if strings.Contains(f.String(), "sesame") || strings.Contains(f.String(), goodKey[:20]) {
					t.Errorf("a finding shows a secret: %s", f)
				}
			}
			if got := s.Check(false); len(got) > 0 {
				t.Errorf("without deploy: %v", got)
			}
		})
	}
}

// asked says of each setting by which findings the check asks about it, or why
// there is nothing to ask.
var asked = map[string]string{
	"SECRET_KEY":                        "security.W009",
	"SECRET_KEY_FALLBACKS":              "security.W025 jamsession.W007 jamsession.W008",
	"ADDR":                              "jamsession.W043 jamsession.W044 jamsession.W057",
	"ALLOWED_HOSTS":                     "security.W020 jamsession.W042",
	"DATABASE_URL":                      "jamsession.W010 jamsession.W011 jamsession.W012 jamsession.W013",
	"PBKDF2_ITERATIONS":                 "jamsession.W001",
	"PASSWORD_HASHERS":                  "jamsession.W001 jamsession.W030 jamsession.W031",
	"PASSWORD_UPGRADE":                  "jamsession.W032",
	"AUTH_PASSWORD_VALIDATORS":          "jamsession.W033",
	"PASSWORD_MIN_LENGTH":               "jamsession.W034",
	"PASSWORD_RESET_TIMEOUT":            "jamsession.W035",
	"LOGIN_STAY_LOGGED_IN_AGE":          "jamsession.W026",
	"AUTHENTICATION_BACKENDS":           "nothing to ask: only Django's code says what else a backend looks at",
	"AUTH_USER_MODEL":                   "nothing to ask: what does not fit the tables is refused at the start",
	"AUTH_USER_TABLE":                   "nothing to ask: what does not fit the tables is refused at the start",
	"AUTH_USER_COLUMNS":                 "nothing to ask: what does not fit the tables is refused at the start",
	"AUTH_USER_KEY_TYPE":                "nothing to ask: what does not fit the tables is refused at the start",
	"AUTH_USER_CASE":                    "nothing to ask: a name that several users have is nobody's",
	"AUTH_USER_GROUPS":                  "nothing to ask: what does not fit the tables is refused at the start",
	"AUTH_USER_PERMISSIONS":             "nothing to ask: what does not fit the tables is refused at the start",
	"CACHE_URL":                         "jamsession.W014 jamsession.W015 jamsession.W004 jamsession.W009",
	"CACHES":                            "jamsession.W014",
	"SESSION_ENGINE":                    "jamsession.W003 jamsession.W060",
	"SESSION_TABLE":                     "nothing to ask: any table of sessions is as good",
	"SESSION_COLUMNS":                   "nothing to ask: the table holds the items in any case",
	"SESSION_SALT":                      "nothing to ask: the key makes the signature, not the salt",
	"SESSION_CACHE_ALIAS":               "jamsession.W014",
	"SESSION_CACHE_FORMAT":              "nothing to ask: both formats are read as data, neither is signed",
	"SESSION_FILE_PATH":                 "jamsession.W060 jamsession.W061",
	"SESSION_FILE_ALLOW_USERS":          "nothing to ask: the codec signs what they write",
	"SESSION_DENY_LIST":                 "jamsession.W003",
	"SESSION_COOKIE_NAME":               "jamsession.W020",
	"SESSION_COOKIE_AGE":                "jamsession.W025",
	"SESSION_COOKIE_DOMAIN":             "jamsession.W021",
	"SESSION_COOKIE_PATH":               "nothing to ask: a path keeps nobody out, and __Host- wants /",
	"SESSION_COOKIE_SECURE":             "security.W012",
	"SESSION_COOKIE_HTTPONLY":           "security.W015",
	"SESSION_COOKIE_SAMESITE":           "jamsession.W022",
	"SESSION_EXPIRE_AT_BROWSER_CLOSE":   "nothing to ask: browsers restore such cookies; the two limits count",
	"SESSION_SAVE_EVERY_REQUEST":        "nothing to ask: the two limits count in any case",
	"SESSION_IDLE_TIMEOUT":              "jamsession.W023",
	"SESSION_ABSOLUTE_TIMEOUT":          "jamsession.W024",
	"SESSION_REFRESH_INTERVAL":          "nothing to ask: an interval ends sessions earlier, never later",
	"CSRF_USE_SESSIONS":                 "nothing to ask: both places of the secret are good",
	"CSRF_COOKIE_NAME":                  "jamsession.W020",
	"CSRF_COOKIE_AGE":                   "nothing to ask: it is not a login, and Django's year is the default",
	"CSRF_COOKIE_DOMAIN":                "jamsession.W021",
	"CSRF_COOKIE_PATH":                  "nothing to ask: a path keeps nobody out, and __Host- wants /",
	"CSRF_COOKIE_SECURE":                "security.W016",
	"CSRF_COOKIE_HTTPONLY":              "nothing to ask: scripts of the site may have the token, which is in its pages, too",
	"CSRF_COOKIE_SAMESITE":              "jamsession.W022",
	"CSRF_HEADER_NAME":                  "nothing to ask: other sites can send no header of any name",
	"CSRF_TRUSTED_ORIGINS":              "jamsession.W040 jamsession.W041",
	"MESSAGE_STORAGE":                   "jamsession.W051",
	"MESSAGE_LEVEL":                     "jamsession.W052",
	"MESSAGE_COOKIE_NAME":               "nothing to ask: it is signed, and opens nothing",
	"LOGIN_DEVICE_COOKIE_NAME":          "nothing to ask: it is signed, and opens nothing",
	"LOGIN_LIMIT_STORE":                 "jamsession.W005",
	"LOGIN_LIMIT_ACCOUNT":               "jamsession.W050",
	"LOGIN_LIMIT_SOURCE":                "jamsession.W050",
	"PASSWORD_RESET_LIMIT":              "jamsession.W050",
	"SIGNUP_LIMIT":                      "jamsession.W050",
	"DEVICES":                           "nothing to ask: none is a site as it was without them",
	"DEVICE_LIMIT":                      "nothing to ask: how many devices people have is for the site to say",
	"DEVICE_LIMIT_POLICY":               "nothing to ask: each keeps the limit",
	"DEVICE_ADDRESS":                    "nothing to ask: the default is short, and only the user sees it",
	"DEVICE_ADDRESS_AGE":                "nothing to ask: how long a site keeps addresses is for its policy to say",
	"DEVICE_PUSH_URL":                   "jamsession.W062 jamsession.W063",
	"TRUSTED_PROXIES":                   "jamsession.W006 jamsession.W045",
	"TRUSTED_PROXY_HEADER":              "jamsession.W006",
	"EMAIL_URL":                         "jamsession.W036", // mail refuses to send without TLS to other machines
	"DEFAULT_FROM_EMAIL":                "jamsession.W037 jamsession.W058",
	"SECURE_PROXY_SSL_HEADER":           "jamsession.W043 jamsession.W044",
	"USE_X_FORWARDED_HOST":              "jamsession.W056",
	"STORE_TIMEOUT":                     "jamsession.W054",
	"NEW_SESSION_LIMIT":                 "jamsession.W053",
	"SECURE_SSL_REDIRECT":               "security.W008",
	"SECURE_SSL_HOST":                   "nothing to ask: it is reached by HTTPS",
	"SECURE_REDIRECT_EXEMPT":            "jamsession.W055",
	"SECURE_HSTS_SECONDS":               "security.W004 jamsession.W047",
	"SECURE_HSTS_INCLUDE_SUBDOMAINS":    "security.W005",
	"SECURE_HSTS_PRELOAD":               "nothing to ask: it binds all hosts of a domain, and cannot be taken back in a hurry",
	"SECURE_CONTENT_TYPE_NOSNIFF":       "security.W006",
	"SECURE_REFERRER_POLICY":            "security.W022 jamsession.W048",
	"SECURE_CROSS_ORIGIN_OPENER_POLICY": "jamsession.W049",
	"X_FRAME_OPTIONS":                   "security.W019",
	"LOGIN_URL":                         "jamsession.W046",
	"LOGIN_REDIRECT_URL":                "jamsession.W046",
	"LOGOUT_REDIRECT_URL":               "jamsession.W046",
	"USE_TZ":                            "nothing to ask: it is the form of times in Django's tables",
	"TIME_ZONE":                         "nothing to ask: it is the form of times in Django's tables",
}

// TestDeployAsksAboutEverySetting: a new setting needs an answer here, and each
// finding that an answer names a case above.
func TestDeployAsksAboutEverySetting(t *testing.T) {
	answers := maps.Clone(asked)
	for _, setting := range conf.All() {
		answer, ok := answers[setting.Name]
		if !ok {
			t.Errorf("%s: say in asked what check --deploy asks, or why nothing", setting.Name)
		}
		delete(answers, setting.Name)
		if strings.HasPrefix(answer, "nothing to ask: ") {
			continue
		}
		for _, id := range strings.Fields(answer) {
			tried := slices.ContainsFunc(deployCases, func(c []string) bool {
				return slices.Contains(strings.Fields(c[0]), id) && slices.Contains(c[1:], setting.Name)
			})
			if !tried && id != "jamsession.W013" && id != "jamsession.W061" { // see the next test
				t.Errorf("%s: no case has %s", setting.Name, id)
			}
		}
	}
	for name := range answers {
		t.Errorf("there is no setting %s", name)
	}
}

// TestDeployLooksAtFiles, and finds whether others can read the database
// and the folder.
func TestDeployLooksAtFiles(t *testing.T) {
	dir, err := os.MkdirTemp(".", "check")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if dir, err = filepath.Abs(dir); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "site.db")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		folder, file os.FileMode
		want         []string
	}{
		{0o700, 0o600, nil},
		{0o755, 0o600, []string{"jamsession.W061"}},
		{0o755, 0o644, []string{"jamsession.W013", "jamsession.W061"}},
		{0o750, 0o644, []string{"jamsession.W061"}},
		{0o711, 0o602, []string{"jamsession.W013", "jamsession.W061"}},
	} {
		if err := os.Chmod(file, c.file); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, c.folder); err != nil {
			t.Fatal(err)
		}
		s := deployed(t, "DATABASE_URL", "sqlite:///"+file, "SESSION_ENGINE", "file", "SESSION_FILE_PATH", dir)
		got := slices.DeleteFunc(ids(s.Check(true)), func(id string) bool { return id == "jamsession.W060" }) // of the tests' own place
		if !slices.Equal(got, c.want) {
			t.Errorf("folder %v, file %v: %v, want %v", c.folder, c.file, got, c.want)
		}
	}
}

// TestGuideHasNoFinding: what docs/login.md recommends before others can reach
// the site.
func TestGuideHasNoFinding(t *testing.T) {
	guide, err := os.ReadFile("../../docs/login.md")
	if err != nil {
		t.Fatal(err)
	}
	var file string
	for _, block := range regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllSubmatch(guide, -1) {
		file += string(block[1])
	}
	vars := map[string]string{}
	for _, export := range regexp.MustCompile(`(?m)^export (\w+)="(.*)"$`).FindAllSubmatch(guide, -1) {
		vars[string(export[1])] = strings.ReplaceAll(string(export[2]), "...", goodKey[:3])
	}
	vars["SECRET_KEY"] = goodKey
	src := fromFile(t, file)
	src.LookupEnv = env(vars)
	s := load(t, src)
	if findings := s.Check(true); len(findings) > 0 {
		t.Errorf("%v", findings)
	}
	if s.SessionIdleTimeout == 0 || s.SessionAbsoluteTimeout == 0 || s.EmailURL.IsZero() {
		t.Error("the guide has not been read")
	}
}

func TestCheckFindsOriginsWithoutScheme(t *testing.T) {
	s := load(t, fromEnv(map[string]string{"SECRET_KEY": goodKey}))
	s.CSRFTrustedOrigins = []string{"https://a.example", "example.com"}
	findings := s.Check(false)
	if len(findings) != 1 || findings[0].ID != "4_0.E001" || findings[0].Level != conf.LevelError ||
		!strings.HasPrefix(findings[0].String(), "ERROR: (4_0.E001) ") {
		t.Errorf("got %v", findings)
	}
}
