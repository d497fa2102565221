package password_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth/password"
)

// FuzzPBKDF2 reads strings as they may lie in a table. What it accepts must
// be just what Encode writes, and nothing may cost more than the limit.
func FuzzPBKDF2(f *testing.F) {
	const good = "pbkdf2_sha256$10$abcdefghijklmnopqrstuv$SqyeRJlAElbV+mE7U3WDGnIoftGXTyvpNhiiYWYcenk="
	f.Add(good)
	f.Add("pbkdf2_sha256$1$s$x")
	f.Add("pbkdf2_sha256$$$")
	f.Add("pbkdf2_sha1$1000$abcdefghijklmnopqrstuv$+5oTfD/enXsijOBknW6M6cP8zps=")
	f.Add(strings.Replace(good, "$10$", "$010$", 1))
	f.Add(strings.Replace(good, "$10$", "$99999999999999999999$", 1))
	f.Add(strings.Replace(good, "=", "\n", 1))
	f.Fuzz(func(t *testing.T, encoded string) {
		if strings.Count(encoded, "$") == 3 {
			if n := strings.Split(encoded, "$")[1]; len(n) > 3 && len(n) < 9 {
				t.Skip("costs too much for a fuzz run")
			}
		}
		p := password.PBKDF2SHA256{Iterations: 10}
		ok, err := p.Verify("secret", encoded)
		if err != nil {
			if ok || !errors.Is(err, password.ErrMalformed) {
				t.Fatalf("Verify = %v, %v; want an ErrMalformed", ok, err)
			}
			if !p.MustUpdate(encoded) {
				t.Fatal("a malformed string need not be updated")
			}
			return
		}
		if !ok {
			return
		}
		parts := strings.Split(encoded, "$")
		p.Iterations, err = strconv.Atoi(parts[1])
		if err != nil {
			t.Fatalf("accepted %q", encoded)
		}
		want, err := password.EncodeWithSalt(p, "secret", parts[2])
		if err != nil || want != encoded {
			t.Fatalf("accepted %q, which Encode writes as %q, %v", encoded, want, err)
		}
	})
}
