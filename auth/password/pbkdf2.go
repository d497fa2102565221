package password

import (
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

// defaultIterations is Django 5.2's cost of PBKDF2.
const defaultIterations = 1_000_000

// PBKDF2SHA256 returns PBKDF2 with HMAC-SHA256, Django's default. Its strings are
//
//	pbkdf2_sha256$<iterations>$<salt>$<base64 of 32 bytes>
//
// The iterations are the cost of new strings, from 1 to 10 million; zero is one
// million, which is Django 5.2's. A string with another number, higher or lower, must be
// updated, as in Django: where a Django site shares the table, give the
// number of that site, or set [Options].NoUpgrade.
func PBKDF2SHA256(iterations int) (Hasher, error) { return newPBKDF2("pbkdf2_sha256", iterations) }

// PBKDF2SHA1 returns PBKDF2 with HMAC-SHA1, which Django keeps for old tables.
// Its strings have the form of [PBKDF2SHA256], with 20 bytes.
func PBKDF2SHA1(iterations int) (Hasher, error) { return newPBKDF2("pbkdf2_sha1", iterations) }

// A pbkdf2Hasher is PBKDF2 with one hash.
type pbkdf2Hasher struct {
	name       string
	derive     func(password string, salt []byte, iterations int) ([]byte, error)
	size       int
	iterations int           // of new strings
	work       *atomic.Int64 // counts iterations, for the tests of equal work
}

func newPBKDF2(name string, iterations int) (*pbkdf2Hasher, error) {
	if iterations == 0 {
		iterations = defaultIterations
	}
	if iterations < 1 || iterations > maxWork {
		return nil, fmt.Errorf("password: %s: iterations are %d; they must be 1 to %d",
			name, iterations, maxWork)
	}
	if name == "pbkdf2_sha1" {
		return &pbkdf2Hasher{name: name, derive: sha1Key, size: sha1.Size, iterations: iterations}, nil
	}
	return &pbkdf2Hasher{name: name, derive: sha256Key, size: sha256.Size, iterations: iterations}, nil
}

// Algorithm implements [Hasher].
func (p *pbkdf2Hasher) Algorithm() string { return p.name }

// Encode implements [Hasher] with a salt of 22 characters, 131 bits.
func (p *pbkdf2Hasher) Encode(password string) (string, error) {
	return p.encode(password, randomText(saltLength))
}

func (p *pbkdf2Hasher) encode(password, salt string) (string, error) {
	if salt == "" || strings.Contains(salt, "$") {
		return "", errors.New("the salt is empty or contains a $")
	}
	key, err := p.key(password, salt, p.iterations)
	if err != nil {
		return "", err
	}
	return p.text(salt, key), nil
}

// text is the string of a new hash.
func (p *pbkdf2Hasher) text(salt string, key []byte) string {
	return p.name + "$" + strconv.Itoa(p.iterations) + "$" + salt + "$" +
		base64.StdEncoding.EncodeToString(key)
}

// width implements sized.
func (p *pbkdf2Hasher) width() int { return len(p.text("", make([]byte, p.size))) + saltLength }

// Verify implements [Hasher].
func (p *pbkdf2Hasher) Verify(password, encoded string) (bool, error) {
	e, err := p.parse(encoded)
	if err != nil {
		return false, err
	}
	key, err := p.key(password, e.salt, e.iterations)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, e.key) == 1, nil
}

// MustUpdate implements [Hasher]. It reports whether the number of iterations
// differs, up or down, or the salt has fewer than 128 bits.
func (p *pbkdf2Hasher) MustUpdate(encoded string) bool {
	e, err := p.parse(encoded)
	return err != nil || e.iterations != p.iterations ||
		utf8.RuneCountInString(e.salt) < saltLength
}

// Cost implements [Hasher].
func (p *pbkdf2Hasher) Cost(encoded string) (work int, memory int64) {
	if encoded == "" {
		return p.iterations, 0
	}
	e, _ := p.parse(encoded)
	return e.iterations, 0
}

func (p *pbkdf2Hasher) key(password, salt string, iterations int) ([]byte, error) {
	if p.work != nil {
		p.work.Add(int64(iterations))
	}
	return p.derive(password, []byte(salt), iterations)
}

func sha256Key(password string, salt []byte, iterations int) ([]byte, error) {
	return pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
}

func sha1Key(password string, salt []byte, iterations int) ([]byte, error) {
	return pbkdf2.Key(sha1.New, password, salt, iterations, sha1.Size)
}

type pbkdf2Parts struct {
	iterations int
	salt       string
	key        []byte
}

// parse takes a string apart. It accepts exactly what Django writes, so
// that comparing the parts is as strict as comparing the whole strings.
func (p *pbkdf2Hasher) parse(encoded string) (pbkdf2Parts, error) {
	fields := strings.Split(encoded, "$")
	if len(fields) != 4 || fields[0] != p.name {
		return pbkdf2Parts{}, malformed("not of the form %s$iterations$salt$hash", p.name)
	}
	n, err := number(fields[1])
	if err != nil || n < 1 || n > maxWork {
		return pbkdf2Parts{}, malformed("the iterations are not a number from 1 to %d", maxWork)
	}
	if fields[2] == "" {
		return pbkdf2Parts{}, malformed("the salt is empty")
	}
	key, err := base64.StdEncoding.Strict().DecodeString(fields[3])
	if err != nil || len(key) != p.size || len(fields[3]) != base64.StdEncoding.EncodedLen(p.size) {
		return pbkdf2Parts{}, malformed("the hash is not base64 of %d bytes", p.size)
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
