package password

import (
	"cmp"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/scrypt"
)

const scryptSize = 64

// Scrypt returns Django's scrypt, of version 4.0 and newer. Its strings are
//
//	scrypt$<N>$<salt>$<r>$<p>$<base64 of 64 bytes>
//
// The parameters are those of new strings, and zero is the value of Django 5.1
// and newer: n is the cost, a power of two, 16384; r is the block size, 8; p is
// the parallelism, 5, and before Django 5.1 it was 1. An n with more than five
// digits does not fit Django's column: its string has more than 128 characters.
// The error names the parameter that is invalid.
func Scrypt(n, r, p int) (Hasher, error) {
	fresh := scryptParts{n: cmp.Or(n, 16_384), r: cmp.Or(r, 8), p: cmp.Or(p, 5)}
	switch {
	case fresh.n < 2 || fresh.n&(fresh.n-1) != 0:
		return nil, fmt.Errorf("password: scrypt: n is %d; it must be a power of two", fresh.n)
	case fresh.r < 1 || fresh.p < 1:
		return nil, fmt.Errorf("password: scrypt: r is %d and p is %d; they must be positive",
			fresh.r, fresh.p)
	}
	if err := fresh.cost().check(); err != nil {
		return nil, fmt.Errorf("password: scrypt: n, r or p: %w", err)
	}
	return &scryptHasher{fresh}, nil
}

type scryptHasher struct{ fresh scryptParts } // of new strings

// Algorithm implements [Hasher].
func (*scryptHasher) Algorithm() string { return "scrypt" }

// Encode implements [Hasher] with a salt of 22 characters, 131 bits.
func (s *scryptHasher) Encode(password string) (string, error) {
	return s.encode(password, randomText(saltLength))
}

func (s *scryptHasher) encode(password, salt string) (string, error) {
	p := s.fresh
	p.salt = salt
	if err := p.check(); err != nil {
		return "", err
	}
	key, err := p.key(password)
	if err != nil {
		return "", err
	}
	return p.text(key), nil
}

// text is the string of a new hash.
func (p scryptParts) text(key []byte) string {
	return fmt.Sprintf("scrypt$%d$%s$%d$%d$%s", p.n, p.salt, p.r, p.p, base64.StdEncoding.EncodeToString(key))
}

// width implements sized.
func (s *scryptHasher) width() int {
	return len(s.fresh.text(make([]byte, scryptSize))) + saltLength
}

// Verify implements [Hasher].
func (*scryptHasher) Verify(password, encoded string) (bool, error) {
	p, err := parseScrypt(encoded)
	if err != nil {
		return false, err
	}
	key, err := p.key(password)
	return err == nil && subtle.ConstantTimeCompare(key, p.hash) == 1, err
}

// MustUpdate implements [Hasher]. It reports whether N, r or p differs, and
// ignores the salt, as Django does.
func (s *scryptHasher) MustUpdate(encoded string) bool {
	p, err := parseScrypt(encoded)
	return err != nil || p.n != s.fresh.n || p.r != s.fresh.r || p.p != s.fresh.p
}

// Cost implements [Hasher].
func (s *scryptHasher) Cost(encoded string) (work int, memory int64) {
	if encoded == "" {
		return s.fresh.cost().both()
	}
	p, err := parseScrypt(encoded)
	if err != nil {
		return 0, 0
	}
	return p.cost().both()
}

type scryptParts struct {
	n, r, p int
	salt    string
	hash    []byte
}

func (p scryptParts) key(password string) ([]byte, error) {
	return scrypt.Key([]byte(password), []byte(p.salt), p.n, p.r, p.p, scryptSize)
}

func (p scryptParts) cost() cost {
	blocks := float64(p.n) * float64(p.r) * float64(p.p)
	return cost{
		work:   int(min(blocks*workPerScryptBlock, maxWork+1)),
		memory: int64(min(128*float64(p.r)*(float64(p.n)+float64(p.p)), maxMemory+1)),
	}
}

func (p scryptParts) check() error {
	if p.n < 2 || p.n&(p.n-1) != 0 || p.r < 1 || p.p < 1 || p.salt == "" {
		return malformed("a parameter of scrypt is out of bounds")
	}
	return p.cost().check()
}

// parseScrypt takes a string apart and accepts exactly what Django writes.
func parseScrypt(encoded string) (scryptParts, error) {
	fields := strings.Split(encoded, "$")
	if len(fields) != 6 || fields[0] != "scrypt" {
		return scryptParts{}, malformed("not of the form scrypt$N$salt$r$p$hash")
	}
	p := scryptParts{salt: fields[2]}
	var err error
	for i, n := range map[int]*int{1: &p.n, 3: &p.r, 4: &p.p} {
		if *n, err = number(fields[i]); err != nil {
			return scryptParts{}, malformed("a parameter of scrypt is not a number")
		}
	}
	p.hash, err = base64.StdEncoding.Strict().DecodeString(fields[5])
	if err != nil || len(p.hash) != scryptSize || strings.ContainsAny(fields[5], "\r\n") {
		return scryptParts{}, malformed("the hash is not base64 of %d bytes", scryptSize)
	}
	return p, p.check()
}
