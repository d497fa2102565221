package password_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/auth/password/legacy"
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
		p := must(password.PBKDF2SHA256(10))
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
		n, err := strconv.Atoi(parts[1])
		if err != nil {
			t.Fatalf("accepted %q", encoded)
		}
		want, err := password.EncodeWithSalt(must(password.PBKDF2SHA256(n)), "secret", parts[2])
		if err != nil || want != encoded {
			t.Fatalf("accepted %q, which Encode writes as %q, %v", encoded, want, err)
		}
	})
}

// FuzzVerify reads strings with all other algorithms. None may fail with
// anything but ErrMalformed, claim a cost out of bounds, or be accepted for
// two passwords.
func FuzzVerify(f *testing.F) {
	f.Add("argon2$argon2i$m=8,t=1,p=1$YWJjZGVmZ2hpamtsbW5vcHFyc3R1dg$GgnGBjWBEB4W7ddkQm6v1g")
	f.Add("argon2$argon2id$v=19$m=64,t=1,p=1$YWJjZGVmZ2hpamtsbW5vcHFyc3R1dg$GgnGBjWBEB4W7ddkQm6v1g")
	f.Add("scrypt$16$abcdefghijklmnopqrstuv$8$1$" +
		"TiyaeXLh2tvKATp1sZPfxrKyIZRerx2Fa1eogszdwX6DlsS/TiqTAm3lb0SVtjCJC4nBlx2N6lP2kLL9APpExg==")
	f.Add("bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuuraR8y8jUb0UMmCc9fwl/YxKZSpSs52u")
	f.Add("md5$abcdefghijklmnopqrstuv$59549c8e6897dd44401a081434b86c95")
	f.Add("crypt$$abNANd1rDfiNc")
	f.Add("sha1$$e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4")
	list := []password.Hasher{
		must(password.Argon2(0, 0, 0, 0)),
		must(password.Scrypt(0, 0, 0)),
		must(password.BCryptSHA256(0)),
		must(password.BCrypt(0)),
	}
	list = append(list, legacy.Hashers()...)
	f.Fuzz(func(t *testing.T, encoded string) {
		for _, h := range list {
			work, memory := h.Cost(encoded)
			if work < 0 || work > password.MaxWork || memory < 0 || memory > password.MaxMemory {
				t.Fatalf("%s: cost %d, %d", h.Algorithm(), work, memory)
			}
			if work > 10_000 || memory > 1<<20 {
				continue // costs too much for a fuzz run
			}
			ok, err := h.Verify("secret", encoded)
			if err != nil && (ok || !errors.Is(err, password.ErrMalformed)) {
				t.Fatalf("%s: Verify = %v, %v", h.Algorithm(), ok, err)
			}
			if other, _ := h.Verify("other", encoded); ok && other {
				t.Fatalf("%s: two passwords match %q", h.Algorithm(), encoded)
			}
			h.MustUpdate(encoded)
		}
	})
}
