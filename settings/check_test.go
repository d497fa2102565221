package settings_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/settings"
)

func ids(findings []settings.Finding) []string {
	var list []string
	for _, f := range findings {
		list = append(list, f.ID)
	}
	return list
}

func TestCheckFindsWhatDjangoFinds(t *testing.T) {
	tests := []struct {
		name, value string
		want        []string
	}{
		{"SECRET_KEY", goodKey, nil},
		{"SECRET_KEY", "", []string{"security.W009"}},
		{"SECRET_KEY", goodKey[:49], []string{"security.W009"}},
		{"SECRET_KEY", strings.Repeat("abcd", 20), []string{"security.W009"}},
		{"SECRET_KEY", "django-insecure-" + goodKey, []string{"security.W009"}},
		{"SECRET_KEY_FALLBACKS", goodKey + ",short", []string{"security.W025"}},
		{"ALLOWED_HOSTS", "", []string{"security.W020"}},
		{"SESSION_COOKIE_SECURE", "auto", nil},
		{"SESSION_COOKIE_SECURE", "true", nil},
		{"SESSION_COOKIE_SECURE", "false", []string{"security.W012"}},
		{"SESSION_COOKIE_HTTPONLY", "false", []string{"security.W015"}},
		{"CSRF_COOKIE_SECURE", "false", []string{"security.W016"}},
		{"CSRF_COOKIE_HTTPONLY", "true", nil},
		{"PBKDF2_ITERATIONS", "600000", nil},
		{"PBKDF2_ITERATIONS", "599999", []string{"jamsession.W001"}},
	}
	for _, test := range tests {
		vars := map[string]string{"SECRET_KEY": goodKey, "ALLOWED_HOSTS": "localhost"} // or weak keys would not load
		vars[test.name] = test.value
		s := load(t, fromEnv(vars))
		findings := s.Check(true)
		if got := ids(findings); !slices.Equal(got, test.want) {
			t.Errorf("%s=%s: got %v, want %v", test.name, test.value, got, test.want)
		}
		for _, f := range findings {
			if f.Level != settings.Warning || f.Message == "" || f.Hint == "" ||
				!strings.HasPrefix(f.String(), "WARNING: ("+f.ID+") ") {
				t.Errorf("%s", f)
			}
			if len(test.value) > 8 && strings.Contains(f.String(), test.value) && test.name == "SECRET_KEY" {
				t.Errorf("a finding shows the key: %s", f)
			}
		}
		if got := s.Check(false); len(got) > 0 {
			t.Errorf("%s=%s: without deploy: %v", test.name, test.value, got)
		}
	}
}

func TestCheckFindsOriginsWithoutScheme(t *testing.T) {
	s := load(t, fromEnv(map[string]string{"SECRET_KEY": goodKey}))
	s.CSRFTrustedOrigins = []string{"https://a.example", "example.com"}
	findings := s.Check(false)
	if len(findings) != 1 || findings[0].ID != "4_0.E001" || findings[0].Level != settings.Error ||
		!strings.HasPrefix(findings[0].String(), "ERROR: (4_0.E001) ") {
		t.Errorf("got %v", findings)
	}
}
