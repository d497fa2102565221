package settings_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/settings"
)

// TestSiteSendsMailsByTheServerOfItsSettings, or else writes them down.
func TestSiteSendsMailsByTheServerOfItsSettings(t *testing.T) {
	for url, want := range map[string]string{
		"smtp://u:hunter2@mail.example.com": "mail.SMTP(mail.example.com)",
		"":                                  "terminal",
	} {
		site, err := settings.Open(t.Context(), load(t, fromEnv(map[string]string{
			"SECRET_KEY": goodKey, "DATABASE_URL": "sqlite:///" + t.TempDir() + "/db", "EMAIL_URL": url,
		})))
		if err != nil {
			t.Fatal(err)
		}
		if err := site.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%T %v", site.Mail, site.Mail); !strings.Contains(got, want) {
			t.Errorf("EMAIL_URL %q: %s, want %s", url, got, want)
		}
		if err := site.Close(); err != nil {
			t.Error(err)
		}
	}
}
