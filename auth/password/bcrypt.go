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

// BCryptSHA256 is bcrypt of the hex digits of the password's SHA-256, so that
// all of a long password counts. Its strings are
//
//	bcrypt_sha256$$2b$12$<salt of 22 characters><hash of 31 characters>
type BCryptSHA256 struct {
	// Rounds is the logarithm of the cost, from 4 to 15. Zero is 12.
	Rounds int
}

// Algorithm implements [Hasher].
func (BCryptSHA256) Algorithm() string { return "bcrypt_sha256" }

// Encode implements [Hasher].
func (b BCryptSHA256) Encode(password string) (string, error) {
	return encodeBCrypt(b.Algorithm(), digestForBCrypt(password), b.Rounds)
}

// Verify implements [Hasher].
func (b BCryptSHA256) Verify(password, encoded string) (bool, error) {
	return verifyBCrypt(b.Algorithm(), digestForBCrypt(password), encoded)
}

// MustUpdate implements [Hasher]: if the rounds differ.
func (b BCryptSHA256) MustUpdate(encoded string) bool {
	return mustUpdateBCrypt(b.Algorithm(), encoded, b.Rounds)
}

// Cost implements [Hasher].
func (b BCryptSHA256) Cost(encoded string) Cost {
	return bcryptCost(b.Algorithm(), encoded, b.Rounds)
}

func digestForBCrypt(password string) []byte {
	sum := sha256.Sum256([]byte(password))
	return hex.AppendEncode(nil, sum[:])
}

// BCrypt is plain bcrypt, for tables that have it: of a password it sees the
// first 72 bytes only. Prefer [BCryptSHA256]. Its strings are "bcrypt$" and
// bcrypt's own.
type BCrypt struct {
	// Rounds is as in [BCryptSHA256].
	Rounds int
}

// Algorithm implements [Hasher].
func (BCrypt) Algorithm() string { return "bcrypt" }

// Encode implements [Hasher]. Its error is [ErrTooLong] for more than 72 bytes.
func (b BCrypt) Encode(password string) (string, error) {
	return encodeBCrypt(b.Algorithm(), []byte(password), b.Rounds)
}

// Verify implements [Hasher].
func (b BCrypt) Verify(password, encoded string) (bool, error) {
	return verifyBCrypt(b.Algorithm(), []byte(password), encoded)
}

// MustUpdate implements [Hasher]: if the rounds differ.
func (b BCrypt) MustUpdate(encoded string) bool {
	return mustUpdateBCrypt(b.Algorithm(), encoded, b.Rounds)
}

// Cost implements [Hasher].
func (b BCrypt) Cost(encoded string) Cost { return bcryptCost(b.Algorithm(), encoded, b.Rounds) }

const (
	defaultRounds = 12
	maxRounds     = 15 // the most that stays below MaxWork
)

func encodeBCrypt(name string, password []byte, rounds int) (string, error) {
	rounds = orDefaultRounds(rounds)
	if rounds < bcrypt.MinCost || rounds > maxRounds {
		return "", fmt.Errorf("%d rounds; must be %d to %d", rounds, bcrypt.MinCost, maxRounds)
	}
	hash, err := bcrypt.GenerateFromPassword(password, rounds)
	if errors.Is(err, bcrypt.ErrPasswordTooLong) {
		return "", ErrTooLong
	}
	if err != nil {
		return "", err
	}
	// Python writes $2b$; the library writes $2a$, which is the same.
	return name + "$$2b" + strings.TrimPrefix(string(hash), "$2a"), nil
}

func verifyBCrypt(name string, password []byte, encoded string) (bool, error) {
	hash, _, err := parseBCrypt(name, encoded)
	if err != nil {
		return false, err
	}
	switch err := bcrypt.CompareHashAndPassword([]byte(hash), password); {
	case errors.Is(err, bcrypt.ErrMismatchedHashAndPassword):
		return false, nil
	case err != nil:
		return false, malformed("bcrypt cannot read its hash")
	}
	return true, nil
}

func mustUpdateBCrypt(name, encoded string, rounds int) bool {
	_, stored, err := parseBCrypt(name, encoded)
	return err != nil || stored != orDefaultRounds(rounds)
}

func bcryptCost(name, encoded string, rounds int) Cost {
	if encoded == "" {
		return Cost{Work: workPerBCryptRound << orDefaultRounds(rounds)}
	}
	_, stored, err := parseBCrypt(name, encoded)
	if err != nil {
		return Cost{}
	}
	return Cost{Work: workPerBCryptRound << stored}
}

func orDefaultRounds(rounds int) int {
	if rounds == 0 {
		return defaultRounds
	}
	return rounds
}

var bcryptForm = regexp.MustCompile(`^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$`)

// parseBCrypt returns bcrypt's own string and its rounds.
func parseBCrypt(name, encoded string) (hash string, rounds int, err error) {
	hash, found := strings.CutPrefix(encoded, name+"$")
	form := bcryptForm.FindStringSubmatch(hash)
	if !found || form == nil {
		return "", 0, malformed("not of the form %s$$2b$rounds$salt and hash", name)
	}
	rounds, _ = strconv.Atoi(form[1])
	if rounds < bcrypt.MinCost || rounds > maxRounds {
		return "", 0, malformed("bcrypt's rounds are not %d to %d", bcrypt.MinCost, maxRounds)
	}
	return hash, rounds, nil
}
