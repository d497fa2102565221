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

// ScryptOptions are the costs of new strings of [Scrypt]. The zero value is that
// of Django 5.1 and newer.
type ScryptOptions struct {
	// N is the cost, a power of two. Zero is 16384. A number with more digits
	// does not fit Django's column: its string has more than 128 characters.
	N int

	// R is the size of blocks. Zero is 8.
	R int

	// P is the parallelism. Zero is 5; before Django 5.1, it was 1.
	P int
}

// Scrypt returns Django's scrypt, of version 4.0 and newer. Its strings are
//
//	scrypt$<N>$<salt>$<r>$<p>$<base64 of 64 bytes>
//
// The options may be nil; the error names the one that cannot be.
func Scrypt(o *ScryptOptions) (Hasher, error) {
	fresh := scryptParts{n: 16_384, r: 8, p: 5}
	if o != nil {
		fresh = scryptParts{n: cmp.Or(o.N, fresh.n), r: cmp.Or(o.R, fresh.r), p: cmp.Or(o.P, fresh.p)}
	}
	switch {
	case fresh.n < 2 || fresh.n&(fresh.n-1) != 0:
		return nil, fmt.Errorf("password: scrypt: N is %d; must be a power of two", fresh.n)
	case fresh.r < 1 || fresh.p < 1:
		return nil, fmt.Errorf("password: scrypt: R is %d and P is %d; they must be positive",
			fresh.r, fresh.p)
	}
	if err := fresh.cost().check(); err != nil {
		return nil, fmt.Errorf("password: scrypt: N, R or P: %w", err)
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
	return fmt.Sprintf("scrypt$%d$%s$%d$%d$%s", p.n, p.salt, p.r, p.p,
		base64.StdEncoding.EncodeToString(key)), nil
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

// MustUpdate implements [Hasher]: if N, r or p differ. The salt is not
// looked at, as in Django.
func (s *scryptHasher) MustUpdate(encoded string) bool {
	p, err := parseScrypt(encoded)
	return err != nil || p.n != s.fresh.n || p.r != s.fresh.r || p.p != s.fresh.p
}

// Cost implements [Hasher].
func (s *scryptHasher) Cost(encoded string) Cost {
	if encoded == "" {
		return s.fresh.cost()
	}
	p, err := parseScrypt(encoded)
	if err != nil {
		return Cost{}
	}
	return p.cost()
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
