package password_test

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/auth/password/legacy"
)

// TestEveryCharacterOfAHashCounts: with another one in any place, the password
// is wrong, or the hash is malformed. The same holds if the end is cut off.
func TestEveryCharacterOfAHashCounts(t *testing.T) {
	made := func(h password.Hasher) string {
		encoded, err := h.Encode("secret")
		if err != nil {
			t.Fatal(err)
		}
		return encoded
	}
	for _, c := range []struct {
		hasher  password.Hasher
		encoded string
		digits  int // of the hash, at the end
	}{
		{must(password.PBKDF2SHA256(0)), made(must(password.PBKDF2SHA256(2))), 43},
		{must(password.PBKDF2SHA1(0)), made(must(password.PBKDF2SHA1(2))), 27},
		{must(password.Argon2(0, 0, 0, 0)), made(must(password.Argon2(1, 8, 1, 0))), 43},
		{must(password.Argon2(0, 0, 0, 0)), made(must(password.Argon2(1, 8, 1, 64))), 86},
		{must(password.Scrypt(0, 0, 0)), made(must(password.Scrypt(2, 1, 1))), 86},
		{must(password.BCryptSHA256(0)), made(must(password.BCryptSHA256(4))), 31},
		{must(password.BCrypt(0)), made(must(password.BCrypt(4))), 31},
		{old("md5"), "md5$salt$d42a0f742ffc1be4e1cc0845c2429c97", 32},
		{old("sha1"), "sha1$salt$da00ec2e6ff9ed4d342b24a16e262c82f3c8b10b", 40},
		{old("unsalted_md5"), "5ebe2294ecd0e0f08eab7690d2a6ee69", 32},
		{old("unsalted_sha1"), "sha1$$e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4", 40},
		{old("crypt"), "crypt$$abNANd1rDfiNc", 11},
	} {
		end := strings.TrimRight(c.encoded, "=")
		if ok, err := c.hasher.Verify("secret", c.encoded); !ok || err != nil {
			t.Errorf("%s: the right password: %v, %v", c.hasher.Algorithm(), ok, err)
		}
		for i := len(end) - c.digits; i < len(end); i++ {
			for _, other := range "0a" {
				forged := c.encoded[:i] + string(other) + c.encoded[i+1:]
				if ok, _ := c.hasher.Verify("secret", forged); ok && forged != c.encoded {
					t.Errorf("%s: digit %d does not count", c.hasher.Algorithm(), i)
				}
			}
			if ok, _ := c.hasher.Verify("secret", c.encoded[:i]); ok {
				t.Errorf("%s: cut off before digit %d it is good", c.hasher.Algorithm(), i)
			}
		}
	}
}

// TestShorterHashesAreMalformed: a string whose hash is shorter than those that
// are made cannot be compared.
func TestShorterHashesAreMalformed(t *testing.T) {
	for _, h := range []password.Hasher{
		must(password.PBKDF2SHA256(2)),
		must(password.PBKDF2SHA1(2)),
		must(password.Scrypt(2, 1, 1)),
	} {
		encoded, err := h.Encode("secret")
		if err != nil {
			t.Fatal(err)
		}
		cut := strings.LastIndexByte(encoded, '$') + 1
		hash, err := base64.StdEncoding.DecodeString(encoded[cut:])
		if err != nil {
			t.Fatal(err)
		}
		for n := range hash {
			shorter := encoded[:cut] + base64.StdEncoding.EncodeToString(hash[:n])
			if ok, err := h.Verify("secret", shorter); ok || !errors.Is(err, password.ErrMalformed) {
				t.Errorf("%s of %d bytes: %t, %v", h.Algorithm(), n, ok, err)
			}
		}
	}
}

// TestZeroByteEndsNoPassword: crypt of C reads up to a zero byte, so that one
// password would be right with many endings.
func TestZeroByteEndsNoPassword(t *testing.T) {
	for _, end := range []string{"\x00", "\x00\x00", "\x00x"} {
		if ok, err := old("crypt").Verify("secret"+end, "crypt$$abNANd1rDfiNc"); ok || err != nil {
			t.Errorf("with %q at the end: %t, %v", end, ok, err)
		}
	}
}

// TestRandomCharactersAreUniform: 256 is not a multiple of 62, so remainders
// of a byte would favour eight characters by a quarter. A tenth is seven times
// the standard deviation.
func TestRandomCharactersAreUniform(t *testing.T) {
	const each = 5000
	count := make(map[rune]int)
	for range 62 * each / 40 {
		for _, c := range password.MakeUnusable()[1:] {
			count[c]++
		}
	}
	if len(count) != 62 {
		t.Errorf("%d characters, want 62", len(count))
	}
	for c, n := range count {
		if n < each*9/10 || n > each*11/10 {
			t.Errorf("%c came %d times, want about %d", c, n, each)
		}
	}
}

// old returns the hasher of package legacy for an algorithm.
func old(algorithm string) password.Hasher {
	hashers := legacy.Hashers()
	return hashers[slices.IndexFunc(hashers, func(h password.Hasher) bool { return h.Algorithm() == algorithm })]
}
