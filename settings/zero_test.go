package settings_test

import (
	"testing"

	"github.com/jamsession/jamsession/settings"
)

// TestZeroSettingsHaveNothing, and do not panic.
func TestZeroSettingsHaveNothing(t *testing.T) {
	var s settings.Settings
	if got := s.Get("ADDR"); got != "" {
		t.Errorf("ADDR is %q", got)
	}
	if keys, err := s.Keys(); err == nil || !keys.IsZero() {
		t.Errorf("there are keys; error %v", err)
	}
}
