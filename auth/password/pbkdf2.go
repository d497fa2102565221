package password

import (
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

const (
	// DefaultIterations is Django 5.2's cost of PBKDF2.
	DefaultIterations = 1_000_000

	// MaxIterations is the highest cost of PBKDF2 that is accepted.
	MaxIterations = MaxWork
)

// PBKDF2SHA256 is PBKDF2 with HMAC-SHA256, Django's default. Its strings are
//
//	pbkdf2_sha256$<iterations>$<salt>$<base64 of 32 bytes>
type PBKDF2SHA256 struct {
	// Iterations is the cost of new strings, from 1 to MaxIterations. Zero is
	// DefaultIterations. Django compares for equality: where it shares the
	// table, give its own number, or set [Options].NoUpgrade.
	Iterations int

	work *atomic.Int64 // counts iterations, for the tests of equal work
}

// Algorithm implements [Hasher].
func (PBKDF2SHA256) Algorithm() string { return "pbkdf2_sha256" }

// Encode implements [Hasher] with a salt of 22 characters, 131 bits.
func (p PBKDF2SHA256) Encode(password string) (string, error) {
	return p.variant().encode(password, randomText(saltLength))
}

// Verify implements [Hasher].
func (p PBKDF2SHA256) Verify(password, encoded string) (bool, error) {
	return p.variant().verify(password, encoded)
}

// MustUpdate implements [Hasher]: if the number of iterations differs, up or
// down, or the salt has less than 128 bits.
func (p PBKDF2SHA256) MustUpdate(encoded string) bool { return p.variant().mustUpdate(encoded) }

// Cost implements [Hasher].
func (p PBKDF2SHA256) Cost(encoded string) Cost { return p.variant().cost(encoded) }

func (p PBKDF2SHA256) variant() pbkdf2Variant {
	return pbkdf2Variant{p.Algorithm(), sha256Key, sha256.Size, p.Iterations, p.work}
}

// PBKDF2SHA1 is PBKDF2 with HMAC-SHA1, which Django keeps for old tables. Its
// strings are those of [PBKDF2SHA256] with 20 bytes.
type PBKDF2SHA1 struct {
	// Iterations is as in [PBKDF2SHA256].
	Iterations int

	work *atomic.Int64
}

// Algorithm implements [Hasher].
func (PBKDF2SHA1) Algorithm() string { return "pbkdf2_sha1" }

// Encode implements [Hasher] with a salt of 22 characters, 131 bits.
func (p PBKDF2SHA1) Encode(password string) (string, error) {
	return p.variant().encode(password, randomText(saltLength))
}

// Verify implements [Hasher].
func (p PBKDF2SHA1) Verify(password, encoded string) (bool, error) {
	return p.variant().verify(password, encoded)
}

// MustUpdate implements [Hasher], as [PBKDF2SHA256.MustUpdate].
func (p PBKDF2SHA1) MustUpdate(encoded string) bool { return p.variant().mustUpdate(encoded) }

// Cost implements [Hasher].
func (p PBKDF2SHA1) Cost(encoded string) Cost { return p.variant().cost(encoded) }

func (p PBKDF2SHA1) variant() pbkdf2Variant {
	return pbkdf2Variant{p.Algorithm(), sha1Key, sha1.Size, p.Iterations, p.work}
}

func sha256Key(password string, salt []byte, iterations int) ([]byte, error) {
	return pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
}

func sha1Key(password string, salt []byte, iterations int) ([]byte, error) {
	return pbkdf2.Key(sha1.New, password, salt, iterations, sha1.Size)
}

// A pbkdf2Variant is PBKDF2 with one hash.
type pbkdf2Variant struct {
	name       string
	derive     func(password string, salt []byte, iterations int) ([]byte, error)
	size       int
	iterations int // zero is DefaultIterations
	work       *atomic.Int64
}

func (v pbkdf2Variant) verify(password, encoded string) (bool, error) {
	e, err := v.parse(encoded)
	if err != nil {
		return false, err
	}
	key, err := v.key(password, e.salt, e.iterations)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, e.key) == 1, nil
}

func (v pbkdf2Variant) mustUpdate(encoded string) bool {
	e, err := v.parse(encoded)
	return err != nil || e.iterations != v.fresh() ||
		utf8.RuneCountInString(e.salt) < saltLength
}

func (v pbkdf2Variant) cost(encoded string) Cost {
	if encoded == "" {
		return Cost{Work: v.fresh()}
	}
	e, _ := v.parse(encoded)
	return Cost{Work: e.iterations}
}

func (v pbkdf2Variant) encode(password, salt string) (string, error) {
	n := v.fresh()
	switch {
	case n < 1 || n > MaxIterations:
		return "", fmt.Errorf("%d iterations; must be 1 to %d", n, MaxIterations)
	case salt == "" || strings.Contains(salt, "$"):
		return "", fmt.Errorf("the salt is empty or has a $")
	}
	key, err := v.key(password, salt, n)
	if err != nil {
		return "", err
	}
	return v.name + "$" + strconv.Itoa(n) + "$" + salt + "$" +
		base64.StdEncoding.EncodeToString(key), nil
}

// fresh is the number of iterations of new strings.
func (v pbkdf2Variant) fresh() int {
	if v.iterations == 0 {
		return DefaultIterations
	}
	return v.iterations
}

func (v pbkdf2Variant) key(password, salt string, iterations int) ([]byte, error) {
	if v.work != nil {
		v.work.Add(int64(iterations))
	}
	return v.derive(password, []byte(salt), iterations)
}

type pbkdf2Parts struct {
	iterations int
	salt       string
	key        []byte
}

// parse takes a string apart. It accepts exactly what Django writes, so
// that comparing the parts is as strict as comparing the whole strings.
func (v pbkdf2Variant) parse(encoded string) (pbkdf2Parts, error) {
	fields := strings.Split(encoded, "$")
	if len(fields) != 4 || fields[0] != v.name {
		return pbkdf2Parts{}, malformed("not of the form %s$iterations$salt$hash", v.name)
	}
	n, err := number(fields[1])
	if err != nil || n < 1 || n > MaxIterations {
		return pbkdf2Parts{}, malformed("iterations are not a number from 1 to %d", MaxIterations)
	}
	if fields[2] == "" {
		return pbkdf2Parts{}, malformed("no salt")
	}
	key, err := base64.StdEncoding.Strict().DecodeString(fields[3])
	if err != nil || len(key) != v.size || len(fields[3]) != base64.StdEncoding.EncodedLen(v.size) {
		return pbkdf2Parts{}, malformed("hash is not base64 of %d bytes", v.size)
	}
	return pbkdf2Parts{iterations: n, salt: fields[2], key: key}, nil
}

// number reads a decimal number as Python writes it: no sign, no leading zero.
func number(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || strconv.Itoa(n) != text {
		return 0, malformed("not a number")
	}
	return n, nil
}
