//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package filestore_test

import (
	"strings"
	"testing"

	"github.com/jamsession/jamsession/filestore"
)

// TestSystemWithoutLocksIsRefused, with what to do instead.
func TestSystemWithoutLocksIsRefused(t *testing.T) {
	_, err := filestore.New(t.TempDir(), nil)
	if err == nil || !strings.Contains(err.Error(), "another engine") {
		t.Errorf("error %v", err)
	}
}
