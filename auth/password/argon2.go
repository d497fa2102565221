package password

import (
	"cmp"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Argon2 returns Argon2id, version 19. Its strings are "argon2" and the usual
// form:
//
//	argon2$argon2id$v=19$m=102400,t=2,p=8$<base64 salt>$<base64 hash>
//
// The parameters are those of new strings, and zero is Django's value: time is
// the number of passes over the memory, 2; memory is in KiB, 102400, which is 100
// MiB; threads is the parallelism, 8. The length of the hash is in bytes, from 16
// to 64; zero is 32, the default of argon2-cffi 21.2 and newer, the Python
// library that Django uses. Before, it was 16, and Django updates a string whose
// length differs.
//
// It also reads Argon2i. The error names the parameter that is invalid.
func Argon2(time, memory uint32, threads uint8, length uint32) (Hasher, error) {
	fresh := argon2Parts{
		variety: "argon2id",
		time:    cmp.Or(time, 2), memory: cmp.Or(memory, 102_400), threads: cmp.Or(threads, 8),
		length: cmp.Or(length, 32),
	}
	switch {
	case fresh.length < 16 || fresh.length > 64:
		return nil, fmt.Errorf("password: argon2: the length is %d; it must be 16 to 64", fresh.length)
	case fresh.memory < 8*uint32(fresh.threads):
		return nil, fmt.Errorf("password: argon2: the memory is %d; it must be at least 8 for each of %d "+
			"threads",
			fresh.memory, fresh.threads)
	}
	if err := fresh.check(); err != nil {
		return nil, fmt.Errorf("password: argon2: time or memory: %w", err)
	}
	return &argon2Hasher{fresh}, nil
}

type argon2Hasher struct{ fresh argon2Parts } // of new strings

// Algorithm implements [Hasher].
func (*argon2Hasher) Algorithm() string { return "argon2" }

// Encode implements [Hasher] with a salt of 22 letters and digits. Django
// considers shorter ones weak.
func (a *argon2Hasher) Encode(password string) (string, error) {
	return a.encode(password, randomText(saltLength))
}

func (a *argon2Hasher) encode(password, salt string) (string, error) {
	p := a.fresh
	p.salt = []byte(salt)
	return fmt.Sprintf("argon2$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time,
		p.threads, base64.RawStdEncoding.EncodeToString(p.salt),
		base64.RawStdEncoding.EncodeToString(p.key(password))), nil
}

// Verify implements [Hasher].
func (*argon2Hasher) Verify(password, encoded string) (bool, error) {
	p, err := parseArgon2(encoded)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(p.key(password), p.hash) == 1, nil
}

// MustUpdate implements [Hasher]. It reports whether any parameter differs, or
// the salt has fewer than 22 bytes.
func (a *argon2Hasher) MustUpdate(encoded string) bool {
	p, err := parseArgon2(encoded)
	f := a.fresh
	return err != nil || p.variety != f.variety || p.time != f.time || p.memory != f.memory ||
		p.threads != f.threads || p.length != f.length || len(p.salt) < saltLength
}

// Cost implements [Hasher].
func (a *argon2Hasher) Cost(encoded string) (work int, memory int64) {
	if encoded == "" {
		return a.fresh.cost().both()
	}
	p, err := parseArgon2(encoded)
	if err != nil {
		return 0, 0
	}
	return p.cost().both()
}

// argon2Parts are the parameters of one string.
type argon2Parts struct {
	variety      string
	time, memory uint32
	threads      uint8
	length       uint32 // of hash
	salt, hash   []byte
}

func (p argon2Parts) key(password string) []byte {
	if p.variety == "argon2i" {
		return argon2.Key([]byte(password), p.salt, p.time, p.memory, p.threads, p.length)
	}
	return argon2.IDKey([]byte(password), p.salt, p.time, p.memory, p.threads, p.length)
}

func (p argon2Parts) cost() cost {
	work := int64(p.memory) * int64(p.time) * workPerArgon2KiB
	return cost{work: int(min(work, maxWork+1)), memory: int64(p.memory) << 10}
}

func (p argon2Parts) check() error {
	if p.time < 1 || p.threads < 1 || p.memory < 8*uint32(p.threads) || p.length < 16 || p.length > 64 {
		return malformed("a parameter of argon2 is out of bounds")
	}
	return p.cost().check()
}

// parseArgon2 takes a string apart and accepts exactly what Django writes.
func parseArgon2(encoded string) (argon2Parts, error) {
	fields := strings.Split(encoded, "$")
	if len(fields) != 6 || fields[0] != "argon2" || fields[1] != "argon2id" && fields[1] != "argon2i" {
		return argon2Parts{}, malformed("not of the form argon2$argon2id$v=19$m=,t=,p=$salt$hash")
	}
	p := argon2Parts{variety: fields[1]}
	_, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.threads)
	if err != nil || fields[2] != fmt.Sprintf("v=%d", argon2.Version) ||
		fields[3] != fmt.Sprintf("m=%d,t=%d,p=%d", p.memory, p.time, p.threads) {
		return argon2Parts{}, malformed("the version or the parameters of argon2 cannot be read")
	}
	for i, part := range []*[]byte{&p.salt, &p.hash} {
		*part, err = base64.RawStdEncoding.Strict().DecodeString(fields[4+i])
		if err != nil || strings.ContainsAny(fields[4+i], "\r\n") {
			return argon2Parts{}, malformed("the salt or the hash is not base64")
		}
	}
	p.length = uint32(len(p.hash))
	return p, p.check()
}
