package password

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

const (
	defaultRounds = 12
	maxRounds     = 15 // more would exceed maxWork
)

// BCryptSHA256 returns bcrypt of the hex digits of the password's SHA-256, so
// that every byte of a long password matters. Its strings are
//
//	bcrypt_sha256$$2b$12$<salt of 22 characters><hash of 31 characters>
//
// The rounds of new strings are the logarithm of the cost, from 4 to 15; zero is
// Django's 12.
func BCryptSHA256(rounds int) (Hasher, error) { return newBCrypt("bcrypt_sha256", rounds) }

// BCrypt returns plain bcrypt, for tables that have it: it reads only the first
// 72 bytes of a password, and returns [ErrTooLong] for a longer new one. Prefer
// [BCryptSHA256]; the rounds are the same. Its strings are "bcrypt$" and
// bcrypt's string.
func BCrypt(rounds int) (Hasher, error) { return newBCrypt("bcrypt", rounds) }

// A bcryptHasher is bcrypt of a password, or of its digest.
type bcryptHasher struct {
	name   string
	rounds int // of new strings
}

func newBCrypt(name string, rounds int) (*bcryptHasher, error) {
	if rounds == 0 {
		rounds = defaultRounds
	}
	if rounds < bcrypt.MinCost || rounds > maxRounds {
		return nil, fmt.Errorf("password: %s: rounds are %d; they must be %d to %d",
			name, rounds, bcrypt.MinCost, maxRounds)
	}
	return &bcryptHasher{name, rounds}, nil
}

// Algorithm implements [Hasher].
func (b *bcryptHasher) Algorithm() string { return b.name }

// Encode implements [Hasher].
func (b *bcryptHasher) Encode(password string) (string, error) {
	hash, err := bcrypt.GenerateFromPassword(b.input(password), b.rounds)
	if errors.Is(err, bcrypt.ErrPasswordTooLong) {
		return "", ErrTooLong
	}
	if err != nil {
		return "", err
	}
	// Python writes $2b$; the library writes $2a$, which is the same.
	return b.name + "$$2b" + strings.TrimPrefix(string(hash), "$2a"), nil
}

// width implements sized: the rounds have two digits.
func (b *bcryptHasher) width() int { return len(b.name+"$$2b$12$") + 22 + 31 }

// Verify implements [Hasher].
func (b *bcryptHasher) Verify(password, encoded string) (bool, error) {
	hash, _, err := parseBCrypt(b.name, encoded)
	if err != nil {
		return false, err
	}
	switch err := bcrypt.CompareHashAndPassword([]byte(hash), b.input(password)); {
	case errors.Is(err, bcrypt.ErrMismatchedHashAndPassword):
		return false, nil
	case err != nil:
		return false, malformed("bcrypt cannot read the hash")
	}
	return true, nil
}

// MustUpdate implements [Hasher]. It reports whether the rounds differ.
func (b *bcryptHasher) MustUpdate(encoded string) bool {
	_, stored, err := parseBCrypt(b.name, encoded)
	return err != nil || stored != b.rounds
}

// Cost implements [Hasher].
func (b *bcryptHasher) Cost(encoded string) (work int, memory int64) {
	if encoded == "" {
		return workPerBCryptRound << b.rounds, 0
	}
	_, stored, err := parseBCrypt(b.name, encoded)
	if err != nil {
		return 0, 0
	}
	return workPerBCryptRound << stored, 0
}

// input returns the bytes that bcrypt hashes.
func (b *bcryptHasher) input(password string) []byte {
	if b.name == "bcrypt" {
		return []byte(password)
	}
	sum := sha256.Sum256([]byte(password))
	return hex.AppendEncode(nil, sum[:])
}

var bcryptForm = regexp.MustCompile(`^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$`)

// parseBCrypt returns bcrypt's string and its rounds.
func parseBCrypt(name, encoded string) (hash string, rounds int, err error) {
	hash, found := strings.CutPrefix(encoded, name+"$")
	form := bcryptForm.FindStringSubmatch(hash)
	if !found || form == nil {
		return "", 0, malformed("not of the form %s$$2b$rounds$salt and hash", name)
	}
	rounds, _ = strconv.Atoi(form[1])
	if rounds < bcrypt.MinCost || rounds > maxRounds {
		return "", 0, malformed("the rounds of bcrypt are not %d to %d", bcrypt.MinCost, maxRounds)
	}
	return hash, rounds, nil
}
