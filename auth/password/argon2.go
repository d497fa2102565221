package password

import (
	"cmp"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/argon2"

	old "github.com/jamsession/jamsession/auth/internal/argon2"
)

// Argon2 returns Argon2id, version 19. Its strings are "argon2" and the usual
// form:
//
//	argon2$argon2id$v=19$m=102400,t=2,p=8$<base64 salt>$<base64 hash>
//
// The parameters are those of new strings, and zero is Django's value: time is
// the number of passes over the memory, 2; memory is in KiB, 102400, which is 100
// MiB; threads is the parallelism, 8. The length of the hash is in bytes, from 16
// to 64, of which 44 fit into Django's column beside the other default values; zero
// is 32, the default of argon2-cffi 21.2 and newer, the Python library that Django
// uses. Before, it was 16, and Django updates a string whose length differs.
//
// It also reads Argon2i and Argon2d, and version 16, whose strings have v=16 or, as old libraries
// wrote them, no version. These take four times as long, until a login replaces them. The error
// names the parameter that is invalid.
func Argon2(time, memory uint32, threads uint8, length uint32) (Hasher, error) {
	fresh := argon2Parts{
		variety: old.ID, version: argon2.Version,
		time: cmp.Or(time, 2), memory: cmp.Or(memory, 102_400), threads: cmp.Or(threads, 8),
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
	return p.text(p.key(password)), nil
}

// text is the string of a new hash.
func (p argon2Parts) text(hash []byte) string {
	return fmt.Sprintf("argon2$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time,
		p.threads, base64.RawStdEncoding.EncodeToString(p.salt), base64.RawStdEncoding.EncodeToString(hash))
}

// width implements sized.
func (a *argon2Hasher) width() int {
	p := a.fresh
	p.salt = make([]byte, saltLength)
	return len(p.text(make([]byte, p.length)))
}

// Verify implements [Hasher].
func (*argon2Hasher) Verify(password, encoded string) (bool, error) {
	p, err := parseArgon2(encoded)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(p.key(password), p.hash) == 1, nil
}

// MustUpdate implements [Hasher]. It reports whether the version or any parameter differs, or the salt
// has fewer than 22 bytes.
func (a *argon2Hasher) MustUpdate(encoded string) bool {
	p, err := parseArgon2(encoded)
	f := a.fresh
	return err != nil || p.variety != f.variety || p.version != f.version || p.time != f.time ||
		p.memory != f.memory || p.threads != f.threads || p.length != f.length || len(p.salt) < saltLength
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
	variety      old.Variety
	version      uint32
	time, memory uint32
	threads      uint8
	length       uint32 // of hash
	salt, hash   []byte
}

// argon2Varieties are those that are read.
var argon2Varieties = map[string]old.Variety{"argon2d": old.D, "argon2i": old.I, "argon2id": old.ID}

func (p argon2Parts) key(password string) []byte {
	switch {
	case p.isOld():
		return old.Key([]byte(password), p.salt, old.Params{
			Variety: p.variety, Version: p.version,
			Time: p.time, Memory: p.memory, Lanes: uint32(p.threads), Length: p.length,
		})
	case p.variety == old.I:
		return argon2.Key([]byte(password), p.salt, p.time, p.memory, p.threads, p.length)
	default:
		return argon2.IDKey([]byte(password), p.salt, p.time, p.memory, p.threads, p.length)
	}
}

// isOld reports whether the library cannot compute the hash.
func (p argon2Parts) isOld() bool { return p.version != argon2.Version || p.variety == old.D }

func (p argon2Parts) cost() cost {
	work := int64(p.memory) * int64(p.time) * workPerArgon2KiB
	if p.isOld() {
		work = int64(p.memory) * int64(p.time) * workPerOldArgon2KiB
	}
	return cost{work: int(min(work, maxWork+1)), memory: int64(p.memory) << 10}
}

func (p argon2Parts) check() error {
	if p.time < 1 || p.threads < 1 || p.memory < 8*uint32(p.threads) || p.length < 16 || p.length > 64 {
		return malformed("a parameter of argon2 is out of bounds")
	}
	return p.cost().check()
}

// parseArgon2 takes a string apart and accepts exactly what Django writes, and
// what it reads of older libraries.
func parseArgon2(encoded string) (argon2Parts, error) {
	fields := strings.Split(encoded, "$")
	if len(fields) == 5 { // before version 19, a string did not say its version
		fields = slices.Insert(fields, 2, argon2Version(old.Version10))
	}
	if len(fields) != 6 || fields[0] != "argon2" {
		return argon2Parts{}, malformed("not of the form argon2$argon2id$v=19$m=,t=,p=$salt$hash")
	}
	variety, known := argon2Varieties[fields[1]]
	if !known {
		return argon2Parts{}, malformed("the variety of argon2 is unknown")
	}
	p := argon2Parts{variety: variety, version: argon2.Version}
	if fields[2] == argon2Version(old.Version10) {
		p.version = old.Version10
	}
	_, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.threads)
	if err != nil || fields[2] != argon2Version(p.version) ||
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

// argon2Version is the field of a version.
func argon2Version(n uint32) string { return fmt.Sprintf("v=%d", n) }
