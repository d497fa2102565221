package username_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/jamsession/jamsession/auth/internal/username"
)

// TestEveryNameFits: no spelling of 150 characters is too long.
func TestEveryNameFits(t *testing.T) {
	for _, spelled := range []string{"\u1112\u1161\u11ab", "\u03b1\u0313\u0300\u0345", "u\u0308\u0304", "\ufb01", "\U0001d41a"} {
		name := strings.Repeat(spelled, 150)
		if got := username.Normalize(name); len(name) > username.MaxLength || got == name {
			t.Errorf("%q 150 times has %d bytes, and becomes %.9q…", spelled, len(name), got)
		}
	}
	if 254*utf8.UTFMax > username.MaxLength {
		t.Error("an address is too long")
	}
}

// TestLongNamesAreNotNormalized: nothing is allocated for them.
func TestLongNamesAreNotNormalized(t *testing.T) {
	fits := strings.Repeat("ﬁ", username.MaxLength/3)
	if got := username.Normalize(fits); got != strings.Repeat("fi", username.MaxLength/3) {
		t.Errorf("%d bytes are not normalized", len(fits))
	}
	long := fits + "ﬁ"
	if username.Normalize(long) != long || testing.AllocsPerRun(10, func() { username.Normalize(long) }) > 0 {
		t.Errorf("%d bytes are normalized", len(long))
	}
}
