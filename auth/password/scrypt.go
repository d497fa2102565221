package password

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/scrypt"
)

const scryptSize = 64

// Scrypt is Django's scrypt, of version 4.0 and newer. Its strings are
//
//	scrypt$<N>$<salt>$<r>$<p>$<base64 of 64 bytes>
type Scrypt struct {
	// N is the cost, a power of two. Zero is 16384. A larger one does not fit
	// Django's column: its string has more than 128 characters.
	N int

	// R is the size of blocks. Zero is 8.
	R int

	// P is the parallelism. Zero is 5, as in Django 5.1 and newer; before, it
	// was 1.
	P int
}

// Algorithm implements [Hasher].
func (Scrypt) Algorithm() string { return "scrypt" }

// Encode implements [Hasher] with a salt of 22 characters, 131 bits.
func (s Scrypt) Encode(password string) (string, error) {
	return s.encode(password, randomText(saltLength))
}

func (s Scrypt) encode(password, salt string) (string, error) {
	p := s.fresh()
	p.salt = salt
	if err := p.check(); err != nil {
		return "", fmt.Errorf("scrypt: the costs cannot be: %w", err)
	}
	key, err := p.key(password)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("scrypt$%d$%s$%d$%d$%s", p.n, p.salt, p.r, p.p,
		base64.StdEncoding.EncodeToString(key)), nil
}

// Verify implements [Hasher].
func (Scrypt) Verify(password, encoded string) (bool, error) {
	p, err := parseScrypt(encoded)
	if err != nil {
		return false, err
	}
	key, err := p.key(password)
	return err == nil && subtle.ConstantTimeCompare(key, p.hash) == 1, err
}

// MustUpdate implements [Hasher]: if N, r or p differ. The salt is not
// looked at, as in Django.
func (s Scrypt) MustUpdate(encoded string) bool {
	p, err := parseScrypt(encoded)
	f := s.fresh()
	return err != nil || p.n != f.n || p.r != f.r || p.p != f.p
}

// Cost implements [Hasher].
func (s Scrypt) Cost(encoded string) Cost {
	if encoded == "" {
		return s.fresh().cost()
	}
	p, err := parseScrypt(encoded)
	if err != nil {
		return Cost{}
	}
	return p.cost()
}

// fresh returns the parameters of new strings.
func (s Scrypt) fresh() scryptParts {
	p := scryptParts{n: s.N, r: s.R, p: s.P}
	if p.n == 0 {
		p.n = 16_384
	}
	if p.r == 0 {
		p.r = 8
	}
	if p.p == 0 {
		p.p = 5
	}
	return p
}

type scryptParts struct {
	n, r, p int
	salt    string
	hash    []byte
}

func (p scryptParts) key(password string) ([]byte, error) {
	return scrypt.Key([]byte(password), []byte(p.salt), p.n, p.r, p.p, scryptSize)
}

func (p scryptParts) cost() Cost {
	blocks := float64(p.n) * float64(p.r) * float64(p.p)
	return Cost{
		Work:   int(min(blocks*workPerScryptBlock, MaxWork+1)),
		Memory: int64(min(128*float64(p.r)*(float64(p.n)+float64(p.p)), MaxMemory+1)),
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
		return scryptParts{}, malformed("hash is not base64 of %d bytes", scryptSize)
	}
	return p, p.check()
}
