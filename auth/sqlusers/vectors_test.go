package sqlusers_test

import (
	"testing"

	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/internal/vectors"
)

// TestVectorsNormalizeEmail: Django's None is the empty address here.
func TestVectorsNormalizeEmail(t *testing.T) {
	vectors.Run(t, "normalize_email", func(t *testing.T, c vectors.Case) {
		var in, want struct{ Email string }
		c.Decode(t, &in, &want)
		if got := sqlusers.NormalizeEmail(in.Email); got != want.Email {
			t.Errorf("NormalizeEmail(%q) = %q, want %q", in.Email, got, want.Email)
		}
	})
}

func TestVectorsNormalizeUsername(t *testing.T) {
	vectors.Run(t, "normalize_username", func(t *testing.T, c vectors.Case) {
		var in, want struct{ Username string }
		c.Decode(t, &in, &want)
		if got := sqlusers.NormalizeUsername(in.Username); got != want.Username {
			t.Errorf("NormalizeUsername(%q) = %q, want %q", in.Username, got, want.Username)
		}
	})
}
