package password_test

import (
	"testing"

	"github.com/jamsession/jamsession/auth/password"
)

// TestWidthsAreThoseOfNewStrings: what is checked at the start is what is stored later.
func TestWidthsAreThoseOfNewStrings(t *testing.T) {
	for _, h := range []password.Hasher{
		must(password.PBKDF2SHA256(1)), must(password.PBKDF2SHA1(12_345)),
		must(password.Argon2(1, 8, 1, 0)), must(password.Argon2(2, 100, 12, 64)), must(password.Argon2(1, 8, 1, 43)),
		must(password.BCryptSHA256(4)), must(password.BCrypt(4)),
		must(password.Scrypt(2, 1, 1)), must(password.Scrypt(1024, 10, 3)),
	} {
		encoded, err := h.Encode("wonderland")
		if err != nil {
			t.Fatal(err)
		}
		if width := password.WidthOf(h); width != len(encoded) {
			t.Errorf("%s has %d characters, and says %d", encoded, len(encoded), width)
		}
	}
	if width := password.WidthOf(old("md5")); width != 0 {
		t.Errorf("what makes no strings has %d characters", width)
	}
	if width := password.WidthOf(must(password.Argon2(0, 0, 0, 43))); width > 128 {
		t.Errorf("Argon2 of 43 bytes has %d characters", width)
	}
}
