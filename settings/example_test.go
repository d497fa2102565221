package settings_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/settings"
)

// Load reports everything that is wrong, one line per problem.
func ExampleLoad() {
	_, err := settings.Load(settings.Sources{Flags: map[string]string{
		"SESSION_COOKIE_AGE":      "two weeks",
		"SESSION_COOKIE_SAMESITE": "Laxx",
		"SESION_ENGINE":           "db",
	}})
	fmt.Println(err)
	// Output:
	// settings: SESION_ENGINE (flag): no such setting; did you mean SESSION_ENGINE?
	// settings: SESSION_COOKIE_AGE (flag) is "two weeks": want a whole number from 1 to 3153600000
	// settings: SESSION_COOKIE_SAMESITE (flag) is "Laxx": want "Lax", "Strict", "None", or false to leave it out
}

func ExampleSettings_Check() {
	s, err := settings.Load(settings.Sources{Flags: map[string]string{
		"SECRET_KEY":                     "mkWzQ2v7TzfVnRr4pXoB9sEu1LhYjCd3GqA6tNwKiZ5xPyUf0e",
		"ALLOWED_HOSTS":                  "www.example.com",
		"SECURE_SSL_REDIRECT":            "true",
		"SECURE_HSTS_SECONDS":            "31536000",
		"SECURE_HSTS_INCLUDE_SUBDOMAINS": "true",
		"SESSION_COOKIE_NAME":            "__Host-sessionid",
		"CSRF_COOKIE_NAME":               "__Host-csrftoken",
		"SESSION_ABSOLUTE_TIMEOUT":       "86400",
		"PASSWORD_RESET_TIMEOUT":         "3600",
		"DATABASE_URL":                   "postgres://site:sesame@db.example.com/site",
		"EMAIL_URL":                      "smtp://site:sesame@mail.example.com",
		"DEFAULT_FROM_EMAIL":             "noreply@example.com",
	}})
	if err != nil {
		panic(err)
	}
	for _, finding := range s.Check(true) {
		fmt.Println(finding.Level, finding.ID)
	}
	// Output:
	// WARNING jamsession.W010
	// WARNING jamsession.W023
}

// A whole site: users, sessions and protection of its forms, in one file.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	key, err := settings.DemoSecretKey(filepath.Join(dir, "secret_key"))
	if err != nil {
		panic(err)
	}
	s, err := settings.Load(settings.Sources{Flags: map[string]string{
		"DATABASE_URL": "sqlite:///" + dir + "/db.sqlite3",
	}})
	if err != nil {
		panic(err)
	}
	s.SecretKey = key
	ctx := context.Background()
	site, err := settings.Open(ctx, s)
	if err != nil {
		panic(err)
	}
	defer func() { _ = site.Close() }()
	if err := site.Migrate(ctx); err != nil {
		panic(err)
	}
	home := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := session.Update(session.From(r), "visits", 0, func(n int) int { return n + 1 })
		fmt.Fprintf(w, "visit number %d", n)
	})
	w := httptest.NewRecorder()
	site.Handler(home).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	fmt.Println(w.Body)
	// Output: visit number 1
}
