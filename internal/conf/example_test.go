package conf_test

import (
	"fmt"

	"github.com/jamsession/jamsession/internal/conf"
)

func ExampleSettings_Check() {
	s, err := conf.Load(conf.Sources{Flags: map[string]string{
		"SECRET_KEY":                     "mkWzQ2v7TzfVnRr4pXoB9sEu1LhYjCd3GqA6tNwKiZ5xPyUf0e",
		"ALLOWED_HOSTS":                  "www.example.com",
		"SECURE_PROXY_SSL_HEADER":        "HTTP_X_FORWARDED_PROTO,https",
		"TRUSTED_PROXIES":                "127.0.0.1",
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
