package password

import (
	"crypto/pbkdf2"
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

	// MaxIterations is the highest cost that is accepted, in a stored string
	// too: whoever can write one row must not stop the site. At this cost a
	// hash takes some seconds.
	MaxIterations = 10_000_000
)

const pbkdf2SHA256 = "pbkdf2_sha256"

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
func (PBKDF2SHA256) Algorithm() string { return pbkdf2SHA256 }

// Encode implements [Hasher] with a salt of 22 characters, 131 bits.
func (p PBKDF2SHA256) Encode(password string) (string, error) {
	return p.encode(password, randomText(saltLength))
}

// Verify implements [Hasher].
func (p PBKDF2SHA256) Verify(password, encoded string) (bool, error) {
	e, err := parsePBKDF2(encoded)
	if err != nil {
		return false, err
	}
	key, err := p.key(password, e.salt, e.iterations)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, e.key) == 1, nil
}

// MustUpdate implements [Hasher]: if the number of iterations differs, up or
// down, or the salt has less than 128 bits.
func (p PBKDF2SHA256) MustUpdate(encoded string) bool {
	e, err := parsePBKDF2(encoded)
	return err != nil || e.iterations != p.iterations() ||
		utf8.RuneCountInString(e.salt) < saltLength
}

// Harden implements [Hasher] by the missing iterations.
func (p PBKDF2SHA256) Harden(password, encoded string) error {
	e, err := parsePBKDF2(encoded)
	if err != nil {
		return err
	}
	missing := p.iterations() - e.iterations
	if missing <= 0 {
		return nil
	}
	_, err = p.key(password, e.salt, missing)
	return err
}

func (p PBKDF2SHA256) encode(password, salt string) (string, error) {
	n := p.iterations()
	switch {
	case n < 1 || n > MaxIterations:
		return "", fmt.Errorf("%d iterations; must be 1 to %d", n, MaxIterations)
	case salt == "" || strings.Contains(salt, "$"):
		return "", fmt.Errorf("the salt is empty or has a $")
	}
	key, err := p.key(password, salt, n)
	if err != nil {
		return "", err
	}
	return pbkdf2SHA256 + "$" + strconv.Itoa(n) + "$" + salt + "$" +
		base64.StdEncoding.EncodeToString(key), nil
}

func (p PBKDF2SHA256) iterations() int {
	if p.Iterations == 0 {
		return DefaultIterations
	}
	return p.Iterations
}

func (p PBKDF2SHA256) key(password, salt string, iterations int) ([]byte, error) {
	if p.work != nil {
		p.work.Add(int64(iterations))
	}
	return pbkdf2.Key(sha256.New, password, []byte(salt), iterations, sha256.Size)
}

type pbkdf2Parts struct {
	iterations int
	salt       string
	key        []byte
}

// parsePBKDF2 takes a string apart. It accepts exactly what Django writes, so
// that comparing the parts is as strict as comparing the whole strings.
func parsePBKDF2(encoded string) (pbkdf2Parts, error) {
	malformed := func(what string) (pbkdf2Parts, error) {
		return pbkdf2Parts{}, fmt.Errorf("%w: %s", ErrMalformed, what)
	}
	fields := strings.Split(encoded, "$")
	if len(fields) != 4 || fields[0] != pbkdf2SHA256 {
		return malformed("not of the form " + pbkdf2SHA256 + "$iterations$salt$hash")
	}
	n, err := strconv.Atoi(fields[1])
	if err != nil || strconv.Itoa(n) != fields[1] {
		return malformed("iterations are not a number")
	}
	if n < 1 || n > MaxIterations {
		return malformed(fmt.Sprintf("iterations are not 1 to %d", MaxIterations))
	}
	if fields[2] == "" {
		return malformed("no salt")
	}
	if len(fields[3]) != base64.StdEncoding.EncodedLen(sha256.Size) {
		return malformed("hash has the wrong length")
	}
	key, err := base64.StdEncoding.Strict().DecodeString(fields[3])
	if err != nil || len(key) != sha256.Size {
		return malformed("hash is not base64 of 32 bytes")
	}
	return pbkdf2Parts{iterations: n, salt: fields[2], key: key}, nil
}
