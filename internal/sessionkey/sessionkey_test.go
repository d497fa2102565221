package sessionkey_test

import (
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/sessionkey"
)

func TestWellFormed(t *testing.T) {
	for key, want := range map[string]bool{
		"abcd0189":              true,
		strings.Repeat("z", 40): true,
		"":                      false,
		"abcd018":               false,
		strings.Repeat("z", 41): false,
		"abcd018A":              false,
		"abcd018 ":              false,
		"abcd\x00018":           false,
		"../../etc":             false,
		"abcd018\u00e9":         false,
	} {
		if got := sessionkey.WellFormed(key); got != want {
			t.Errorf("%q: %v, want %v", key, got, want)
		}
	}
}
