package auth_test

import (
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth"
)

// TestLoginURLIsWrittenInPunycode, as it is in the header Location.
func TestLoginURLIsWrittenInPunycode(t *testing.T) {
	_, err := auth.New(newUsers(), keys, &auth.Options{LoginURL: "https://bücher.example/in"})
	if err == nil || !strings.Contains(err.Error(), "write punycode: https://xn--bcher-kva.example/in") {
		t.Errorf("got %v", err)
	}
	if _, err := auth.New(newUsers(), keys, &auth.Options{LoginURL: "/bücher/"}); err != nil {
		t.Errorf("a path: %v", err)
	}
}
