package legacy

import (
	"crypto/md5"
	"crypto/sha1"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/jamsession/jamsession/auth/password"
)

// newMD5 returns the hasher that reads "md5$<salt>$<hex>".
func newMD5() password.Hasher { return salted("md5", md5Hex) }

// newSHA1 returns the hasher that reads "sha1$<salt>$<hex>", of Django before 5.1.
func newSHA1() password.Hasher { return salted("sha1", sha1Hex) }

// newUnsaltedMD5 returns the hasher that reads 32 hex digits, alone or after
// "md5$$", of Django before 5.1.
func newUnsaltedMD5() password.Hasher {
	return &reader{algorithm: "unsalted_md5", verify: func(password, encoded string) (bool, error) {
		return sameHex(md5Hex(password), strings.TrimPrefix(encoded, "md5$$"))
	}}
}

// newUnsaltedSHA1 returns the hasher that reads "sha1$$<hex>", of Django before 5.1.
func newUnsaltedSHA1() password.Hasher {
	return &reader{algorithm: "unsalted_sha1", verify: func(password, encoded string) (bool, error) {
		return sameHex(sha1Hex(password), strings.TrimPrefix(encoded, "sha1$$"))
	}}
}

// saltLength is how many letters and digits have 128 bits.
const saltLength = 22

// salted reads strings of an algorithm, a salt and a digest of both.
func salted(name string, digest func(string) string) *reader {
	return &reader{
		algorithm: name,
		verify: func(password, encoded string) (bool, error) {
			fields := strings.Split(encoded, "$")
			if len(fields) != 3 || fields[0] != name {
				return false, malformed("not of the form %s$salt$hash", name)
			}
			return sameHex(digest(fields[1]+password), fields[2])
		},
		mustUpdate: func(encoded string) bool { // a salt that is too short
			fields := strings.Split(encoded, "$")
			return len(fields) != 3 || fields[0] != name || utf8.RuneCountInString(fields[1]) < saltLength
		},
	}
}

func md5Hex(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

func sha1Hex(text string) string {
	sum := sha1.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}
