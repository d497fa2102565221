package site_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestSiteSendsMailsByTheServerOfItsSettings, or else writes them down.
func TestSiteSendsMailsByTheServerOfItsSettings(t *testing.T) {
	for url, want := range map[string]string{
		"smtp://u:hunter2@mail.example.com": "mail.Sender(mail.example.com)",
		"":                                  "terminal",
	} {
		site := open(t, tempFile(t), map[string]string{"EMAIL_URL": url})
		if got := fmt.Sprintf("%T %v", site.Mail, site.Mail); !strings.Contains(got, want) {
			t.Errorf("EMAIL_URL %q: %s, want %s", url, got, want)
		}
	}
}
