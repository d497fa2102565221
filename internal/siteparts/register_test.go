package siteparts

import (
	"strings"
	"testing"
)

// TestAMissingDriverIsAnErrorThatNamesTheImport: this test links none.
func TestAMissingDriverIsAnErrorThatNamesTheImport(t *testing.T) {
	_, databaseErr := databaseOf("postgres")
	_, cacheErr := CacheOf("redis")
	_, pushErr := PushOf(PushPlace{Kind: "redis"})
	for name, err := range map[string]error{"postgres": databaseErr, "redis": cacheErr, "redis ": pushErr} {
		path := `import _ "github.com/jamsession/jamsession/site/` + strings.TrimSpace(name) + `"`
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want one with %s", name, err, path)
		}
	}
}
