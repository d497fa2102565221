package conf_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/conf"
)

// weakKeys are keys that can be guessed, by what is said of them.
var weakKeys = map[string][]string{
	"is shorter than 32 bytes": {"p4Yt7wq0Zr8Vd2Lx6Nb3Ms9Kc5Jh1Gf", "x", "hunter2"},
	"has fewer than 5 different characters": {
		strings.Repeat("abcd", 20), strings.Repeat("a", 64), strings.Repeat("01", 32),
	},
	"is a key from an example": {
		"django-insecure-" + goodKey, "DJANGO-INSECURE-" + goodKey, "changeme", "ChangeMe!", "  CHANGE_ME  ",
		`"changeme"`, "'change-me'", "<your-secret-key>", "{{ secret_key }}", "change me",
		"changeme-changeme-changeme-changeme-changeme", strings.Repeat("changeme", 8),
		"Your-Secret-Key-Goes-Here-0123456789-abcdefgh",
		"test-secret-key-0123456789abcdefghijklmnopqrstuvwxyzABCDEF",
		" replace this by a long and random text please", "SECRET_KEY" + goodKey,
	},
	"is made of common words, sequences and repetitions": {
		"0123456789abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ",
		"zyxwvutsrqponmlkjihgfedcba9876543210", "qwertyuiopasdfghjklzxcvbnm1234567890",
		"1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p!", strings.Repeat("letmein", 10), strings.Repeat("Zq7-", 3) + strings.Repeat("jamsession", 8),
		strings.Repeat("kT5pW9xQ", 8), "my-super-secret-key-for-my-site-please-change",
		"this is a very long and secret key for production", "do-not-use-this-key-in-production-0123456789",
		"hello-world-hello-world-hello-world-hello-world", "passwordpasswordpassword1234567890password",
		"admin1234admin1234admin1234admin1234admin1234", strings.Repeat("abcdefgh", 8), "aaaaaaaabbbbbbbbccccccccddddddddeeeeeeee",
	},
}

// public has, of each kind, settings of a site that others can reach although
// it listens on loopback.
var public = []map[string]string{
	{"TRUSTED_PROXIES": "127.0.0.1"},
	{"TRUSTED_PROXIES": "10.0.0.0/8"},
	{"TRUSTED_PROXY_HEADER": "X-Real-IP"},
	{"MESSAGE_COOKIE_NAME": "__Host-messages"},
	{"LOGIN_DEVICE_COOKIE_NAME": "__Host-device"},
	{"SECURE_PROXY_SSL_HEADER": "HTTP_X_FORWARDED_PROTO,https"},
	{"ALLOWED_HOSTS": "www.example.com"},
	{"ALLOWED_HOSTS": "localhost,.example.com"},
	{"ALLOWED_HOSTS": "*"},
	{"ALLOWED_HOSTS": "192.0.2.1"},
	{"ALLOWED_HOSTS": "localhost.example.com"},
	{"CSRF_TRUSTED_ORIGINS": "https://example.com"},
	{"CSRF_TRUSTED_ORIGINS": "http://localhost,https://*.example.com"},
	{"SESSION_COOKIE_SECURE": "true"},
	{"CSRF_COOKIE_SECURE": "true"},
	{"SESSION_COOKIE_NAME": "__Host-sid"},
	{"SESSION_COOKIE_NAME": "__Secure-sid"},
	{"CSRF_COOKIE_NAME": "__HOST-csrf"},
	{"SESSION_COOKIE_DOMAIN": "example.com"},
	{"CSRF_COOKIE_DOMAIN": ".example.com"},
	{"LOGIN_URL": "https://login.example.com/"},
	{"LOGIN_REDIRECT_URL": "https://example.com/"},
	{"LOGOUT_REDIRECT_URL": "https://example.com/"},
	{"EMAIL_URL": "smtp://mail.example.com"},
}

// private has settings of sites that nobody else can reach.
var private = []map[string]string{
	{},
	{"ALLOWED_HOSTS": "localhost,127.0.0.1,[::1],.localhost,app.localhost"},
	{"CSRF_TRUSTED_ORIGINS": "http://localhost:3000,http://127.0.0.1:3000,http://*.localhost:3000"},
	{"SESSION_COOKIE_SECURE": "false"},
	{"SESSION_COOKIE_DOMAIN": "app.localhost"},
	{"LOGIN_URL": "http://localhost:8000/login/"},
	{"EMAIL_URL": "smtp://localhost:1025"},
}

func loadWith(vars, more map[string]string) error {
	all := maps.Clone(vars)
	maps.Copy(all, more)
	_, err := conf.Load(fromEnv(all))
	return err
}

// weakIn returns settings with a weak key in each place, by the name of the
// place.
func weakIn(weak string) map[string]map[string]string {
	return map[string]map[string]string{
		"SECRET_KEY ":              {"SECRET_KEY": weak},
		"SECRET_KEY_FALLBACKS[0] ": {"SECRET_KEY": goodKey, "SECRET_KEY_FALLBACKS": weak},
		"SECRET_KEY_FALLBACKS[1] ": {"SECRET_KEY": goodKey, "SECRET_KEY_FALLBACKS": goodKey + "x," + weak},
	}
}

func TestWeakKeyIsRefusedButOnLoopback(t *testing.T) {
	for name, keys := range weakIn("changeme") {
		for _, addr := range []string{":8000", "0.0.0.0:8000", "[::]:8000", "192.0.2.1:80", "10.0.0.1:80", "example.com:80"} {
			err := loadWith(map[string]string{"ADDR": addr}, keys)
			if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "here ADDR is "+addr) {
				t.Errorf("%s on %s: error %v", name, addr, err)
			}
		}
		for _, addr := range []string{"127.0.0.1:8000", "127.8.9.1:80", "[::1]:80", "localhost:80"} {
			if err := loadWith(map[string]string{"ADDR": addr}, keys); err != nil {
				t.Errorf("%s on %s: %v", name, addr, err)
			}
		}
	}
	err := loadWith(map[string]string{"ADDR": ":80"}, nil)
	if err == nil || !strings.Contains(err.Error(), "SECRET_KEY is not set") {
		t.Errorf("no key: error %v", err)
	}
}

// TestLoopbackDoesNotExcuseAWeakKeyOfASiteThatOthersReach, as every site
// behind a proxy on the same machine.
func TestLoopbackDoesNotExcuseAWeakKeyOfASiteThatOthersReach(t *testing.T) {
	const weak = "changeme"
	for name, keys := range weakIn(weak) {
		for _, vars := range public {
			err := loadWith(vars, keys)
			if err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s with %v: error %v", name, vars, err)
				continue
			}
			for setting := range vars {
				if !strings.Contains(err.Error(), "here "+setting+" ") {
					t.Errorf("%s with %v: the error does not say why: %v", name, vars, err)
				}
			}
			if strings.Contains(err.Error(), weak) || strings.Contains(err.Error(), goodKey) {
				t.Errorf("the error shows a key: %v", err)
			}
		}
		for _, vars := range private {
			if err := loadWith(vars, keys); err != nil {
				t.Errorf("%s with %v: %v", name, vars, err)
			}
		}
	}
}

func TestSampleKeysAreRefused(t *testing.T) {
	for fault, keys := range weakKeys {
		for _, key := range keys {
			for _, vars := range []map[string]string{
				{"SECRET_KEY": key}, {"SECRET_KEY": goodKey, "SECRET_KEY_FALLBACKS": strings.ReplaceAll(key, ",", ";")},
			} {
				err := loadWith(map[string]string{"ADDR": ":80"}, vars)
				if err == nil || !strings.Contains(err.Error(), fault) {
					t.Errorf("%q: want %q, got error %v", key, fault, err)
				} else if len(key) > 20 && strings.Contains(err.Error(), key) {
					t.Errorf("the error shows the key: %v", err)
				}
			}
		}
	}
}

// TestRandomKeysAreStrong: however they were made, if they are long enough.
func TestRandomKeysAreStrong(t *testing.T) {
	django := "abcdefghijklmnopqrstuvwxyz0123456789!@#$%^&*(-_=+)"
	for range 3000 {
		var raw [50]byte
		_, _ = rand.Read(raw[:])
		var likeDjango strings.Builder
		for _, b := range raw {
			likeDjango.WriteByte(django[int(b)%len(django)])
		}
		for _, key := range []string{
			hex.EncodeToString(raw[:16]), hex.EncodeToString(raw[:32]), base64.StdEncoding.EncodeToString(raw[:24]),
			base64.RawURLEncoding.EncodeToString(raw[:48]), likeDjango.String(), rand.Text() + rand.Text(),
		} {
			if err := loadWith(map[string]string{"ADDR": ":80"}, map[string]string{
				"SECRET_KEY": key, "SECRET_KEY_FALLBACKS": strings.ReplaceAll(key, ",", ""),
			}); err != nil {
				t.Fatalf("%q: %v", key, err)
			}
		}
	}
}

// TestProgramsDefaultsCountWhereNothingIsSet: an empty SECRET_KEY is one that is
// not set, and every other value counts, also an empty one.
func TestProgramsDefaultsCountWhereNothingIsSet(t *testing.T) {
	src := fromFile(t, `LOGIN_URL = "/file"`)
	src.LookupEnv = env(map[string]string{"SECRET_KEY": "", "X_FRAME_OPTIONS": "", "ADDR": "127.0.0.1:1"})
	src.Flags = map[string]string{"LOGIN_REDIRECT_URL": "/flag"}
	src.Defaults = map[string]string{
		"SECRET_KEY": goodKey, "X_FRAME_OPTIONS": "SAMEORIGIN", "ADDR": "127.0.0.1:2", "LOGIN_URL": "/default",
		"LOGIN_REDIRECT_URL": "/default", "LOGOUT_REDIRECT_URL": "/default",
	}
	s := load(t, src)
	for name, want := range map[string]string{
		"X_FRAME_OPTIONS": "", "ADDR": "127.0.0.1:1", "LOGIN_URL": "/file",
		"LOGIN_REDIRECT_URL": "/flag", "LOGOUT_REDIRECT_URL": "/default",
		"SECRET_KEY": "", "DATABASE_URL": "", "NO_SUCH": "",
	} {
		if got := s.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if s.SecretKey.Reveal() != goodKey {
		t.Error("the program's key does not count")
	}
	src.Defaults = map[string]string{"LOGIN_ULR": "/", "CSRF_COOKIE_AGE": "x"}
	_, err := conf.Load(src)
	const want = "settings: LOGIN_ULR (default of the program): no such setting; did you mean LOGIN_URL?\n" +
		"settings: CSRF_COOKIE_AGE (default of the program) is \"x\": want a whole number"
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %v", err)
	}
}

// TestGetReturnsTheWrittenValue: the default where nothing is written, and a list with commas.
func TestGetReturnsTheWrittenValue(t *testing.T) {
	s := load(t, fromFile(t, "ALLOWED_HOSTS = [\"a.example\", \"b.example\"]\nUSE_TZ = false\nMESSAGE_LEVEL = 25"))
	for name, want := range map[string]string{
		"ALLOWED_HOSTS": "a.example,b.example", "USE_TZ": "false", "MESSAGE_LEVEL": "25", "SESSION_ENGINE": "db",
	} {
		if got := s.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}
