//go:build !race

// The hashes of these cases take minutes under the race detector, and race
// with nothing.

package password_test

import (
	"crypto/md5"
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/auth/password/legacy"
	"github.com/jamsession/jamsession/internal/vectors"
)

// djangoIterations is the default of the version that made a case.
func djangoIterations(t *testing.T, version string) int {
	t.Helper()
	n, ok := map[string]int{
		"3.2": 260_000, "4.2": 600_000, "5.2": 1_000_000, "6.1": 1_500_000,
	}[version]
	if !ok {
		t.Fatalf("the default of Django %s is not known here", version)
	}
	return n
}

// djangos returns the hashers of a version by name, with its costs.
func djangos(t *testing.T, version string) map[string]password.Hasher {
	t.Helper()
	n := djangoIterations(t, version)
	list := []password.Hasher{
		must(password.PBKDF2SHA256(n)),
		must(password.PBKDF2SHA1(n)),
		must(password.Argon2(0, 0, 0, 16)),
		must(password.BCryptSHA256(0)),
		must(password.Scrypt(0, 0, 0)),
		must(password.BCrypt(0)),
	}
	list = append(list, legacy.Hashers()...)
	byName := map[string]password.Hasher{}
	for _, h := range list {
		byName[h.Algorithm()] = h
	}
	return byName
}

// encodeWithSalt is Encode with a given salt, also of the algorithms that are
// only read.
func encodeWithSalt(h password.Hasher, pw, salt string) (string, error) {
	switch md5Hex, sha1Hex := md5.Sum([]byte(salt+pw)), sha1.Sum([]byte(salt+pw)); h.Algorithm() {
	case "md5":
		return fmt.Sprintf("md5$%s$%x", salt, md5Hex), nil
	case "sha1":
		return fmt.Sprintf("sha1$%s$%x", salt, sha1Hex), nil
	case "unsalted_md5":
		return fmt.Sprintf("%x", md5Hex), nil
	case "unsalted_sha1":
		return fmt.Sprintf("sha1$$%x", sha1Hex), nil
	}
	return password.EncodeWithSalt(h, pw, salt)
}

func TestVectorsPasswordHash(t *testing.T) {
	vectors.Run(t, "password_hash", func(t *testing.T, c vectors.Case) {
		t.Parallel()
		var in struct {
			Hasher, Password, Salt string
			Iterations, N, R, P    int
		}
		var want struct {
			Encoded    json.RawMessage // a text, or {"error": ...}
			MustUpdate bool            `json:"must_update_own_hasher"`
		}
		c.Decode(t, &in, &want)
		preferred := djangos(t, c.Version)[in.Hasher]
		if preferred == nil {
			t.Fatalf("no hasher %s", in.Hasher)
		}
		h := preferred
		switch {
		case in.Hasher == "pbkdf2_sha256" && in.Iterations != 0:
			h = must(password.PBKDF2SHA256(in.Iterations))
		case in.Hasher == "pbkdf2_sha1" && in.Iterations != 0:
			h = must(password.PBKDF2SHA1(in.Iterations))
		case in.Hasher == "scrypt" && in.N != 0:
			h = must(password.Scrypt(in.N, in.R, in.P))
		}
		var encoded string
		if json.Unmarshal(want.Encoded, &encoded) != nil {
			if got, err := encodeWithSalt(h, in.Password, in.Salt); err == nil {
				t.Errorf("Encode = %q, want an error", got)
			}
			return
		}
		if strings.HasPrefix(in.Hasher, "bcrypt") {
			form := strings.HasPrefix(encoded, in.Hasher+"$"+in.Salt)
			if !form {
				t.Errorf("%q is not of the form that is read", encoded)
			}
		} else if got, err := encodeWithSalt(h, in.Password, in.Salt); err != nil || got != encoded {
			t.Errorf("Encode = %q, %v; want %q", got, err, encoded)
		}
		if ok, err := h.Verify(in.Password, encoded); !ok || err != nil {
			t.Errorf("Verify = %v, %v; want true", ok, err)
		}
		if len(in.Password) < 72 { // of which bcrypt sees the last byte
			if ok, err := h.Verify(in.Password+"x", encoded); ok || err != nil {
				t.Errorf("Verify of a wrong password = %v, %v; want false", ok, err)
			}
		}
		if must := preferred.MustUpdate(encoded); must != want.MustUpdate {
			t.Errorf("MustUpdate = %v, want %v", must, want.MustUpdate)
		}
	})
}

func TestVectorsPasswordCheck(t *testing.T) {
	vectors.Run(t, "password_check", func(t *testing.T, c vectors.Case) {
		t.Parallel()
		var in struct {
			Password *string // null means no password at all
			Encoded  string
		}
		var want struct {
			Check      bool `json:"check_password"`
			Upgrade    bool `json:"upgrade_setter_called"`
			Wrong      bool `json:"wrong_password"`
			IsUsable   bool `json:"is_password_usable"`
			Identified any  `json:"identified_as"`
		}
		c.Decode(t, &in, &want)
		byName := djangos(t, c.Version)
		list := []password.Hasher{byName["pbkdf2_sha256"]}
		if name, known := want.Identified.(string); known && name != "pbkdf2_sha256" {
			list = append(list, byName[name]) // the case configured it
		}
		if !want.Check {
			list[0] = must(password.PBKDF2SHA256(1)) // matches nothing, at whatever cost
		}
		h := hashers(t, password.Options{Hashers: list, Logger: slog.New(slog.DiscardHandler)})
		if in.Password == nil { // a program cannot pass no password; the empty one is as wrong
			in.Password = new(string)
		}
		if ok, must := verify(t, h, *in.Password, in.Encoded); ok != want.Check || must != want.Upgrade {
			t.Errorf("Verify = %v, %v; want %v, %v", ok, must, want.Check, want.Upgrade)
		}
		if ok, _ := verify(t, h, *in.Password+"x", in.Encoded); ok != want.Wrong {
			t.Errorf("Verify of a wrong password = %v, want %v", ok, want.Wrong)
		}
		if usable := password.IsUsable(in.Encoded); want.Identified != nil && usable != want.IsUsable {
			t.Errorf("IsUsable = %v, want %v", usable, want.IsUsable)
		}
	})
}

// TestVectorsPasswordDefaults compares the parameters of new strings.
func TestVectorsPasswordDefaults(t *testing.T) {
	vectors.Run(t, "password_defaults", func(t *testing.T, c vectors.Case) {
		var want struct {
			Iterations int `json:"pbkdf2_iterations"`
			SaltChars  int `json:"salt_chars"`
			Rounds     int `json:"bcrypt_rounds"`
			Argon2     struct {
				T, M, P int
				HashLen uint32 `json:"hash_len"`
			}
			Scrypt         *struct{ N, R, P int }
			UnusableLength int `json:"unusable_length"`
		}
		c.Decode(t, &struct{}{}, &want)
		encode := func(h password.Hasher) string {
			encoded, err := h.Encode("secret")
			if err != nil {
				t.Fatal(err)
			}
			return encoded
		}
		fields := strings.Split(encode(must(password.PBKDF2SHA256(want.Iterations))), "$")
		if n := strconv.Itoa(want.Iterations); fields[1] != n || len(fields[2]) != want.SaltChars {
			t.Errorf("pbkdf2 has %s iterations and a salt of %d characters; want %s, %d",
				fields[1], len(fields[2]), n, want.SaltChars)
		}
		if c.Version == "5.2" && password.DefaultIterations != want.Iterations {
			t.Errorf("the default is %d iterations, want %d", password.DefaultIterations, want.Iterations)
		}
		if got, p := encode(must(password.BCryptSHA256(0))), fmt.Sprintf("bcrypt_sha256$$2b$%d$", want.Rounds); !strings.HasPrefix(got, p) {
			t.Errorf("bcrypt begins with %.21s, want %s", got, p)
		}
		a := want.Argon2
		p := fmt.Sprintf("argon2$argon2id$v=19$m=%d,t=%d,p=%d$", a.M, a.T, a.P)
		if got := encode(must(password.Argon2(0, 0, 0, a.HashLen))); !strings.HasPrefix(got, p) {
			t.Errorf("argon2 begins with %.43s, want %s", got, p)
		}
		if s := want.Scrypt; s != nil {
			got := strings.Split(encode(must(password.Scrypt(0, 0, 0))), "$")
			if got[1] != strconv.Itoa(s.N) || got[3] != strconv.Itoa(s.R) || got[4] != strconv.Itoa(s.P) {
				t.Errorf("scrypt has N, r, p = %s, %s, %s", got[1], got[3], got[4])
			}
		}
		if n := len(password.MakeUnusable()); n != want.UnusableLength {
			t.Errorf("an unusable string has %d characters, want %d", n, want.UnusableLength)
		}
	})
}

func TestVectorsMustUpdateSalt(t *testing.T) {
	vectors.Run(t, "must_update_salt", func(t *testing.T, c vectors.Case) {
		var in struct {
			SaltLength  int `json:"salt_length"`
			EntropyBits int `json:"entropy_bits"`
		}
		var want struct {
			MustUpdate bool `json:"must_update"`
		}
		c.Decode(t, &in, &want)
		if in.EntropyBits != 128 {
			t.Fatalf("%d bits of entropy; 128 are what Django wants", in.EntropyBits)
		}
		p := must(password.PBKDF2SHA256(1))
		encoded, err := password.EncodeWithSalt(p, "secret", strings.Repeat("s", in.SaltLength))
		if err != nil {
			t.Fatal(err)
		}
		if must := p.MustUpdate(encoded); must != want.MustUpdate {
			t.Errorf("MustUpdate with a salt of %s characters = %v, want %v",
				strconv.Itoa(in.SaltLength), must, want.MustUpdate)
		}
	})
}
