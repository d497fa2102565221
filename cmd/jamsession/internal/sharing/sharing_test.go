package sharing

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/diffsettings"
	"github.com/jamsession/jamsession/cmd/jamsession/internal/facts"
	"github.com/jamsession/jamsession/internal/conf"
)

const (
	sqliteThere = "{'default': {'ENGINE': 'django.db.backends.sqlite3', "

	key   = "mkWzQ2v7TzfVnRr4pXoB9sEu1LhYjCd3GqA6tNwKiZ5xPyUf0e"
	other = "other-key-Vn7pXoB9sEu1LhYjCd3GqA6tNwKiZ5xPyUf0eQ2v"
)

// good are settings of a Django 3.2 that shares everything, as diffsettings
// prints them.
var good = map[string]string{
	"SECRET_KEY":                "'" + key + "'",
	"DEFAULT_AUTO_FIELD":        "'django.db.models.AutoField'",
	"DEFAULT_HASHING_ALGORITHM": "'sha256'",
	"SIGNING_BACKEND":           "'django.core.signing.TimestampSigner'",
	"SESSION_ENGINE":            "'django.contrib.sessions.backends.db'",
	"SESSION_SERIALIZER":        "'django.contrib.sessions.serializers.JSONSerializer'",
	"SESSION_CACHE_ALIAS":       "'default'",
	"SESSION_FILE_PATH":         "None",
	"SESSION_COOKIE_NAME":       "'sessionid'", "SESSION_COOKIE_DOMAIN": "None", "SESSION_COOKIE_PATH": "'/'",
	"SESSION_COOKIE_AGE": "1209600", "SESSION_COOKIE_SAMESITE": "'Lax'", "SESSION_COOKIE_HTTPONLY": "True",
	"SESSION_COOKIE_SECURE": "True", "SESSION_EXPIRE_AT_BROWSER_CLOSE": "False",
	"SESSION_SAVE_EVERY_REQUEST": "False",
	"CSRF_USE_SESSIONS":          "False", "CSRF_COOKIE_NAME": "'csrftoken'", "CSRF_COOKIE_DOMAIN": "None",
	"CSRF_COOKIE_PATH": "'/'", "CSRF_COOKIE_AGE": "31449600", "CSRF_COOKIE_SAMESITE": "'Lax'",
	"CSRF_COOKIE_HTTPONLY": "False", "CSRF_COOKIE_SECURE": "True", "CSRF_HEADER_NAME": "'HTTP_X_CSRFTOKEN'",
	"CSRF_TRUSTED_ORIGINS": "[]", "SECURE_PROXY_SSL_HEADER": "None", "USE_X_FORWARDED_HOST": "False",
	"CACHES":           "{'default': {'BACKEND': 'django.core.cache.backends.locmem.LocMemCache'}}",
	"DATABASES":        sqliteThere + "'NAME': PosixPath('/srv/db'), 'TIME_ZONE': None}}",
	"DATABASE_ROUTERS": "[]", "USE_TZ": "True", "TIME_ZONE": "'UTC'",
	"AUTH_USER_MODEL":         "'auth.User'",
	"AUTHENTICATION_BACKENDS": "['django.contrib.auth.backends.ModelBackend']",
	"MIDDLEWARE": "['django.contrib.sessions.middleware.SessionMiddleware', " +
		"'django.contrib.auth.middleware.AuthenticationMiddleware']",
	"PASSWORD_HASHERS":       hashers("PBKDF2", "PBKDF2SHA1", "Argon2", "BCryptSHA256"),
	"PASSWORD_RESET_TIMEOUT": "259200",
	"MESSAGE_STORAGE":        "'django.contrib.messages.storage.fallback.FallbackStorage'",
}

var goodHere = map[string]string{
	"SECRET_KEY": key, "DATABASE_URL": "sqlite:////srv/db", "PBKDF2_ITERATIONS": "260000",
}

func hashers(names ...string) string {
	var list []string
	for _, name := range names {
		list = append(list, "'django.contrib.auth.hashers."+name+"PasswordHasher'")
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// with returns a copy with these changes, given as NAME, value, NAME, value.
// An empty value removes a name.
func with(base map[string]string, changes ...string) map[string]string {
	m := make(map[string]string)
	for name, value := range base {
		m[name] = value
	}
	for i := 0; i < len(changes); i += 2 {
		if m[changes[i]] = changes[i+1]; changes[i+1] == "" {
			delete(m, changes[i])
		}
	}
	return m
}

type testCase struct {
	django, here []string // changes
	stored       map[Hash]int
	noFile       bool                 // none of settings here
	facts        func(f *facts.Facts) // changes facts of a good site, in place of django
	written      []string             // settings here, as written
	want         string               // ids, sorted
}

func redis(options string) string {
	return "{'default': {'BACKEND': 'django.core.cache.backends.redis.RedisCache', " +
		"'LOCATION': ['redis://u:do-not-show@127.0.0.1:6379/1', 'redis://replica']" + options + "}}"
}

var (
	engine     = "SESSION_ENGINE"
	cacheThere = []string{engine, "'django.contrib.sessions.backends.cache'", "CACHES", redis("")}
	cacheHere  = []string{engine, "cache", "CACHE_URL", "redis://localhost/1"}
	server     = "{'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'site', 'HOST': '127.0.0.1', " +
		"'PASSWORD': 'do-not-show', 'PORT': ''}}"
)

const mine = "postgres://u:do-not-show@localhost/site"

var cases = map[string]testCase{
	"good":          {},
	"no file":       {noFile: true, want: "W191"},
	"no key":        {here: []string{"SECRET_KEY", ""}, want: "E001"},
	"key":           {django: []string{"SECRET_KEY", "'" + other + "'"}, want: "E101"},
	"key in bytes":  {django: []string{"SECRET_KEY", "b'" + key + "'"}},
	"key an object": {django: []string{"SECRET_KEY", "<Secret>"}, want: "W190"},
	"key rotated there": {
		django: []string{"SECRET_KEY", "'" + other + "'", "SECRET_KEY_FALLBACKS", "['" + key + "']"},
		want:   "E101 W101",
	},
	"key rotated here": {
		here: []string{"SECRET_KEY", other, "SECRET_KEY_FALLBACKS", key},
		want: "E101 W101",
	},
	"key rotated": {
		django: []string{"SECRET_KEY_FALLBACKS", "['" + other + "']"},
		here:   []string{"SECRET_KEY_FALLBACKS", other},
	},
	"sha1":               {django: []string{"DEFAULT_HASHING_ALGORITHM", "'sha1'"}, want: "E102"},
	"signer":             {django: []string{"SIGNING_BACKEND", "'site.Signer'"}, want: "W102"},
	"engine":             {here: []string{engine, "signed_cookies"}, want: "E103"},
	"engine of the site": {django: []string{engine, "'site.sessions'"}, want: "E103"},
	"engine of the site, and its model here": {
		django: []string{engine, "'site.sessions'"}, here: accountHere, want: "W143",
	},
	"cache ahead": {
		django: []string{engine, "'django.contrib.sessions.backends.cached_db'"},
		want:   "E103",
	},
	"pickles": {
		django: []string{"SESSION_SERIALIZER", "'django.contrib.sessions.serializers.PickleSerializer'"},
		want:   "E104",
	},
	"serializer": {django: []string{"SESSION_SERIALIZER", "'site.Serializer'"}, want: "E104"},

	"cache": {django: cacheThere, here: cacheHere},
	"cache pickles": {
		django: append([]string{"SESSION_SERIALIZER", "'x.PickleSerializer'"}, cacheThere...),
		here:   cacheHere,
	},
	"cache not here": {django: cacheThere, here: []string{engine, "cache"}, want: "E105"},
	"cache of a process": {
		django: []string{engine, "'django.contrib.sessions.backends.cache'"},
		here:   cacheHere,
		want:   "E105",
	},
	"cache in a table": {
		django: []string{
			cacheThere[0], cacheThere[1],
			"CACHES", "{'default': {'BACKEND': 'django.core.cache.backends.db.DatabaseCache'}}",
		},
		here: cacheHere, want: "E105",
	},
	"cache kind": {
		django: cacheThere,
		here:   []string{engine, "cache", "CACHE_URL", "memcached://localhost"},
		want:   "E105",
	},
	"cache plain": {
		django: cacheThere,
		here:   append([]string{"SESSION_CACHE_FORMAT", "plain"}, cacheHere...),
		want:   "E105",
	},
	"cache prefix": {
		django: append(cacheThere[:3:3], redis(", 'KEY_PREFIX': 'a'")),
		here:   cacheHere,
		want:   "E105",
	},
	"cache version": {
		django: append(cacheThere[:3:3], redis(", 'VERSION': 2")),
		here:   cacheHere,
		want:   "E105",
	},
	"cache keys": {
		django: append(cacheThere[:3:3], redis(", 'KEY_FUNCTION': 'site.key'")),
		here:   cacheHere,
		want:   "W105",
	},
	"cache values": {
		django: append(cacheThere[:3:3], redis(", 'OPTIONS': {'SERIALIZER': 'django_redis.serializers.json.JSONSerializer', "+
			"'COMPRESSOR': 'django_redis.compressors.zlib.ZlibCompressor'}")),
		here: []string{engine, "cache", "CACHE_URL", "redis://localhost/1?serializer=json&compressor=zlib"},
	},
	"cache serializer": {
		django: append(cacheThere[:3:3], redis(", 'OPTIONS': {'SERIALIZER': 'django_redis.serializers.msgpack.MSGPackSerializer'}")),
		here:   cacheHere,
		want:   "E105",
	},
	"cache table": {
		django: []string{
			cacheThere[0], cacheThere[1],
			"CACHES", "{'default': {'BACKEND': 'django.core.cache.backends.db.DatabaseCache', 'LOCATION': 'cache'}}",
		},
		here: []string{engine, "cache", "CACHE_URL", "db://cache"},
	},
	"cache other table": {
		django: []string{
			cacheThere[0], cacheThere[1],
			"CACHES", "{'default': {'BACKEND': 'django.core.cache.backends.db.DatabaseCache', 'LOCATION': 'cache'}}",
		},
		here: []string{engine, "cache", "CACHE_URL", "db://other"}, want: "W105",
	},
	"cache unreadable": {
		django: []string{cacheThere[0], cacheThere[1], "CACHES", "{'default': {'BACKEND': 'site.Cache'}}"},
		here:   cacheHere, want: "E105",
	},
	"cache hashing": {
		django: []string{
			cacheThere[0], cacheThere[1],
			"CACHES", "{'default': {'BACKEND': 'django.core.cache.backends.memcached.PyLibMCCache', " +
				"'LOCATION': ['10.0.0.1:11211', '10.0.0.2:11211'], 'OPTIONS': {'behaviors': {'ketama': True}}}}",
		},
		here: []string{engine, "cache", "CACHE_URL", "memcached://10.0.0.1,10.0.0.2?hashing=modula"}, want: "E105",
	},
	"cache option": {
		django: append(cacheThere[:3:3], redis(", 'OPTIONS': {'COMPRESSOR': 'x'}")),
		here:   cacheHere,
		want:   "E105",
	},
	"cache database": {
		django: cacheThere,
		here:   []string{engine, "cache", "CACHE_URL", "redis://localhost/2"},
		want:   "W105",
	},
	"cache servers": {
		django: []string{
			cacheThere[0], cacheThere[1],
			"CACHES", "{'default': {'BACKEND': 'django.core.cache.backends.memcached.PyMemcacheCache', " +
				"'LOCATION': '10.0.0.1:11211;10.0.0.2:11211'}}",
		},
		here: []string{engine, "cache", "CACHE_URL", "memcached://10.0.0.1,10.0.0.2"},
	},
	"cache unknown": {django: append(cacheThere[:3:3], "<Caches>"), here: cacheHere, want: "W190"},

	"folder": {
		django: []string{
			engine, "'django.contrib.sessions.backends.file'",
			"SESSION_FILE_PATH",
			"PosixPath('/srv/s/')",
		},
		here: []string{engine, "file", "SESSION_FILE_PATH", "/srv/s"},
	},
	"folder not set": {
		django: []string{engine, "'django.contrib.sessions.backends.file'"},
		here:   []string{engine, "file", "SESSION_FILE_PATH", "/srv/s"},
		want:   "E109",
	},
	"folder other": {
		django: []string{
			engine, "'django.contrib.sessions.backends.file'",
			"SESSION_FILE_PATH",
			"'/srv/t'",
		},
		here: []string{engine, "file", "SESSION_FILE_PATH", "/srv/s"},
		want: "E109",
	},

	"cookie name":        {django: []string{"SESSION_COOKIE_NAME", "'sid'"}, want: "E106"},
	"cookie domain":      {django: []string{"SESSION_COOKIE_DOMAIN", "'.example.com'"}, want: "E107"},
	"cookie path":        {django: []string{"SESSION_COOKIE_PATH", "'/app/'"}, want: "E108"},
	"cookie age":         {django: []string{"SESSION_COOKIE_AGE", "3600"}, want: "W106"},
	"cookie age a float": {django: []string{"SESSION_COOKIE_AGE", "1209600.0"}},
	"cookie age an event": {
		django: []string{"SESSION_COOKIE_AGE", "datetime.timedelta(days=14)"},
		want:   "W190",
	},
	"samesite": {django: []string{"SESSION_COOKIE_SAMESITE", "'Strict'"}, want: "W107"},
	"no samesite": {
		django: []string{"SESSION_COOKIE_SAMESITE", "None"},
		here:   []string{"SESSION_COOKIE_SAMESITE", "false"},
	},
	"scripts":        {django: []string{"SESSION_COOKIE_HTTPONLY", "False"}, want: "W108"},
	"browser close":  {django: []string{"SESSION_EXPIRE_AT_BROWSER_CLOSE", "True"}, want: "W109"},
	"every request":  {here: []string{"SESSION_SAVE_EVERY_REQUEST", "true"}, want: "W110"},
	"insecure there": {django: []string{"SESSION_COOKIE_SECURE", "False"}, want: "W111"},
	"insecure here":  {here: []string{"CSRF_COOKIE_SECURE", "false"}, want: "W125"},
	"idle":           {here: []string{"SESSION_IDLE_TIMEOUT", "3600"}, want: "W112"},
	"deny list": {
		django: []string{engine, "'django.contrib.sessions.backends.signed_cookies'"},
		here:   []string{engine, "signed_cookies", "SESSION_DENY_LIST", "db"}, want: "W113",
	},

	"csrf mode":   {django: []string{"CSRF_USE_SESSIONS", "True"}, want: "E120"},
	"csrf name":   {here: []string{"CSRF_COOKIE_NAME", "token"}, want: "E121"},
	"csrf domain": {django: []string{"CSRF_COOKIE_DOMAIN", "'example.com'"}, want: "E122"},
	"csrf path":   {django: []string{"CSRF_COOKIE_PATH", "'/x'"}, want: "E123"},
	"csrf header": {django: []string{"CSRF_HEADER_NAME", "'HTTP_X_XSRF'"}, want: "W121"},
	"csrf age":    {django: []string{"CSRF_COOKIE_AGE", "None"}, want: "W122"},
	"csrf age none": {
		django: []string{"CSRF_COOKIE_AGE", "None"},
		here:   []string{"CSRF_COOKIE_AGE", "0"},
	},
	"csrf samesite": {django: []string{"CSRF_COOKIE_SAMESITE", "'None'"}, want: "W123"},
	"csrf scripts":  {django: []string{"CSRF_COOKIE_HTTPONLY", "True"}, want: "W124"},
	"origins":       {django: []string{"CSRF_TRUSTED_ORIGINS", "['.example.com']"}, want: "W128"},
	"origins of 3.2": {
		django: []string{"CSRF_TRUSTED_ORIGINS", "['.example.com']"},
		here:   []string{"CSRF_TRUSTED_ORIGINS", "https://*.example.com"},
	},
	"origins of 4.2": {
		django: []string{
			"DEFAULT_HASHING_ALGORITHM", "", "CSRF_COOKIE_MASKED", "False", "STORAGES", "{}",
			"SECRET_KEY_FALLBACKS", "[]", "CSRF_TRUSTED_ORIGINS", "('https://*.example.com',)",
		},
		here: []string{"CSRF_TRUSTED_ORIGINS", "https://*.example.com", "PBKDF2_ITERATIONS", "600000"},
	},
	"proxy": {
		django: []string{"SECURE_PROXY_SSL_HEADER", "('HTTP_X_FORWARDED_PROTO', 'https')"},
		want:   "W129",
	},
	"same proxy": {
		django: []string{"SECURE_PROXY_SSL_HEADER", "('HTTP_X_FORWARDED_PROTO', 'https')"},
		here:   []string{"SECURE_PROXY_SSL_HEADER", "HTTP_X_FORWARDED_PROTO,https"},
	},
	"forwarded host": {django: []string{"USE_X_FORWARDED_HOST", "True"}, want: "W131"},
	"forwarded host here": {
		django: []string{"USE_X_FORWARDED_HOST", "False"}, here: []string{"USE_X_FORWARDED_HOST", "true"}, want: "W131",
	},
	"same forwarded host": {
		django: []string{"USE_X_FORWARDED_HOST", "True"}, here: []string{"USE_X_FORWARDED_HOST", "true"},
	},
	"messages": {
		django: []string{"MESSAGE_STORAGE", "'django.contrib.messages.storage.session.SessionStorage'"},
		want:   "W132",
	},
	"reset": {django: []string{"PASSWORD_RESET_TIMEOUT", "60"}, want: "W130"},

	"database kind":   {here: []string{"DATABASE_URL", mine}, want: "E110"},
	"database file":   {here: []string{"DATABASE_URL", "sqlite:///db"}, want: "E111"},
	"database server": {django: []string{"DATABASES", server}, here: []string{"DATABASE_URL", mine}},
	"database name": {
		django: []string{"DATABASES", server},
		here:   []string{"DATABASE_URL", mine + "2"},
		want:   "E111",
	},
	"database host": {
		django: []string{"DATABASES", server},
		here:   []string{"DATABASE_URL", "postgres://u:do-not-show@db/site"},
		want:   "W115",
	},
	"database unknown": {django: []string{"DATABASES", "<Databases>"}, want: "W190"},
	"routers":          {django: []string{"DATABASE_ROUTERS", "['site.Router']"}, want: "W114"},

	"times": {django: []string{"USE_TZ", "False"}, want: "E112"},
	"times on a server": {
		django: []string{"USE_TZ", "False", "DATABASES", server}, here: []string{"DATABASE_URL", mine}, want: "W116",
	},
	"zone of the times on a server": {
		django: []string{"TIME_ZONE", "'Europe/Paris'", "USE_TZ", "False", "DATABASES", server},
		here:   []string{"USE_TZ", "false", "DATABASE_URL", mine},
		want:   "W116",
	},
	"zone": {django: []string{"TIME_ZONE", "'Europe/Paris'"}, want: "W116"},
	"zone of the times": {
		django: []string{"TIME_ZONE", "'Europe/Paris'", "USE_TZ", "False"},
		here:   []string{"USE_TZ", "false"},
		want:   "E112",
	},
	"same local times": {
		django: []string{"TIME_ZONE", "'Europe/Paris'", "USE_TZ", "False"},
		here:   []string{"USE_TZ", "false", "TIME_ZONE", "Europe/Paris"},
	},
	"zone of the database": {
		django: []string{"DATABASES", sqliteThere + "'NAME': '/srv/db', 'TIME_ZONE': 'Asia/Tokyo'}}"},
		want:   "E112",
	},

	"user model": {django: []string{"AUTH_USER_MODEL", "'shop.Customer'"}, want: "E113"},
	"backend":    {django: []string{"AUTHENTICATION_BACKENDS", "['site.LDAP']"}, want: "E114 W117"},
	"second backend": {
		django: []string{
			"AUTHENTICATION_BACKENDS",
			"['django.contrib.auth.backends.ModelBackend', 'site.LDAP']",
		},
		want: "W117",
	},
	"middleware": {django: []string{"MIDDLEWARE", "['site.Sessions']"}, want: "W118 W118"},

	"hasher of the site": {django: []string{"PASSWORD_HASHERS", "['site.Hasher']"}, want: "W119"},
	"hasher order": {
		django: []string{"PASSWORD_HASHERS", hashers("Argon2", "PBKDF2")},
		want:   "W126",
	},
	"hasher unread": {django: []string{"PASSWORD_HASHERS", hashers("Argon2")}, want: "E115 W126"},
	"same hasher": {
		django: []string{"PASSWORD_HASHERS", hashers("Argon2")},
		here:   []string{"PASSWORD_HASHERS", "argon2"},
	},
	"no upgrade": {
		django: []string{"PASSWORD_HASHERS", hashers("Argon2", "PBKDF2")},
		here:   []string{"PASSWORD_UPGRADE", "false"},
	},
	"stored, unread": {stored: map[Hash]int{{"md5", ""}: 2}, want: "E116 E117"},
	"stored":         {stored: map[Hash]int{{"pbkdf2_sha256", "150000"}: 2, {"argon2", ""}: 1}},

	"iterations": {here: []string{"PBKDF2_ITERATIONS", "600000"}, want: "W127"},
	"iterations of a hasher of the site": {
		django: []string{"PASSWORD_HASHERS", "['site.Hasher']"},
		stored: map[Hash]int{{"pbkdf2_sha256", "100000"}: 3, {"pbkdf2_sha256", "260000"}: 1},
		want:   "W119 W127",
	},
	"iterations that may be right": {
		django: []string{
			"DEFAULT_HASHING_ALGORITHM", "", "SECRET_KEY_FALLBACKS", "[]", "FORMS_URLFIELD_ASSUME_HTTPS", "False",
		},
		here: []string{"PBKDF2_ITERATIONS", "870000"},
	},
	"iterations that are not what is stored": {
		django: []string{
			"DEFAULT_HASHING_ALGORITHM", "", "SECRET_KEY_FALLBACKS", "[]", "FORMS_URLFIELD_ASSUME_HTTPS", "False",
		},
		here:   []string{"PBKDF2_ITERATIONS", "870000"},
		stored: map[Hash]int{{"pbkdf2_sha256", "1000000"}: 1},
		want:   "W127",
	},
}

// file returns the settings file of this program, which is empty: the flags have all.
func (c testCase) file(t *testing.T) string {
	if c.noFile {
		return ""
	}
	name := filepath.Join(t.TempDir(), conf.DefaultFile)
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func (c testCase) check(t *testing.T) []conf.Finding {
	here, err := conf.Load(conf.Sources{Flags: with(goodHere, c.here...), File: c.file(t)})
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(c.written); i += 2 {
		here.Written[c.written[i]] = c.written[i+1]
	}
	stored := &Stored{Hashes: c.stored}
	for _, n := range c.stored {
		stored.Users += n
	}
	return Check(c.site(t), here, stored)
}

// site is the Django site.
func (c testCase) site(t *testing.T) Django {
	if c.facts != nil {
		f := goodFacts(t)
		c.facts(f)
		return FromFacts(f)
	}
	var text strings.Builder
	for name, value := range with(good, c.django...) {
		fmt.Fprintf(&text, "%s = %s\n", name, value)
	}
	django, err := diffsettings.Read(strings.NewReader(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	return Django{Settings: django}
}

// goodFacts are those of a stock site whose database is that of the settings here.
func goodFacts(t *testing.T) *facts.Facts {
	text, err := os.ReadFile("../../testdata/facts/stock.json")
	if err != nil {
		t.Fatal(err)
	}
	f, err := facts.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	f.Database.Name = "/srv/db"
	delete(f.Settings, "ALLOWED_HOSTS")
	return f
}

func ids(findings []conf.Finding) string {
	var list []string
	for _, f := range findings {
		list = append(list, strings.TrimPrefix(f.ID, "jamsession."))
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// TestEachDifferenceIsFound, and nothing else. Errors come first, each
// finding has a fix, and none shows a secret.
func TestEachDifferenceIsFound(t *testing.T) {
	for name, c := range allCases() {
		t.Run(name, func(t *testing.T) {
			findings := c.check(t)
			if got := ids(findings); got != c.want {
				t.Errorf("found %q, want %q: %v", got, c.want, findings)
			}
			warned := false
			for _, f := range findings {
				if warned = warned || f.Level == conf.LevelWarning; warned && f.Level == conf.LevelError {
					t.Errorf("%s comes after warnings", f.ID)
				}
				if f.Hint == "" {
					t.Errorf("%s has no fix", f.ID)
				}
				for _, secret := range []string{key, other, "do-not-show"} {
					if strings.Contains(f.Message+f.Hint, secret) {
						t.Errorf("%s shows a secret: %s %s", f.ID, f.Message, f.Hint)
					}
				}
			}
		})
	}
}

// TestEachFindingIsTried: each entry of findings.toml is found by a case, and
// each case expects the id.
func TestEachFindingIsTried(t *testing.T) {
	found := make(map[string][]string) // messages by id
	for _, c := range allCases() {
		for _, f := range c.check(t) {
			id := strings.TrimPrefix(f.ID, "jamsession.")
			if !slices.Contains(strings.Fields(c.want), id) {
				t.Errorf("no case wants %s", id)
			}
			found[id] = append(found[id], f.Message)
		}
	}
	for _, f := range refusedDomain(t).Findings {
		id := strings.TrimPrefix(f.ID, "jamsession.")
		found[id] = append(found[id], f.Message)
	}
	for name, entry := range texts() {
		if !slices.ContainsFunc(found[entry.ID], pattern(entry.Message).MatchString) {
			t.Errorf("no case finds %s (%s)", name, entry.ID)
		}
	}
}

// pattern matches a message whose fields are filled in.
func pattern(message string) *regexp.Regexp {
	words := regexp.QuoteMeta(strings.Join(strings.Fields(message), " "))
	return regexp.MustCompile("^" + regexp.MustCompile(`\\{\\{.*?\\}\\}`).ReplaceAllString(words, ".*") + "$")
}

// TestKindOfShowsNothingOfAHash, or of a password that somebody has stored
// as it is.
func TestKindOfShowsNothingOfAHash(t *testing.T) {
	for encoded, want := range map[string]Hash{
		"pbkdf2_sha256$260000$salt$hash":          {"pbkdf2_sha256", "260000"},
		"argon2$argon2id$v=19$m=102400,t=2,p=8$s": {"argon2", ""},
		"bcrypt_sha256$$2b$12$x":                  {"bcrypt_sha256", ""},
		"sha1$$0123456789":                        {"unsalted_sha1", ""},
		"5f4dcc3b5aa765d61d8327deb882cf99":        {"unsalted_md5", ""},
		"!unusable$x":                             {},
		"":                                        {},
		"Secret Word$1":                           {},
		"hunter2":                                 {},
	} {
		if got, ok := kindOf(encoded); got != want || ok != (want != Hash{}) {
			t.Errorf("%s: %v, %v", encoded, got, ok)
		}
	}
}
