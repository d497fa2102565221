//go:build !race

// The hashes of these cases take minutes under the race detector, and race
// with nothing.

package password_test

import (
	"encoding/json"
	"log/slog"
	"strconv"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/internal/vectors"
)

// These groups are run in part, for one algorithm, so they are still named in
// vectors.NotYetBuilt.
const (
	hashGroup  = "password_hash"
	checkGroup = "password_check"
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

// TestVectorsPBKDF2Hash runs the cases of pbkdf2_sha256 in password_hash.
// Those of other algorithms belong to the hashers that are still to come.
func TestVectorsPBKDF2Hash(t *testing.T) {
	ran := 0
	vectors.Run(t, hashGroup, func(t *testing.T, c vectors.Case) {
		var in struct {
			Hasher, Password, Salt string
			Iterations             int
		}
		var want struct {
			Encoded    json.RawMessage // a text, or {"error": ...}
			MustUpdate bool            `json:"must_update_own_hasher"`
		}
		c.Decode(t, &in, &want)
		if in.Hasher != "pbkdf2_sha256" {
			return
		}
		ran++
		preferred := password.PBKDF2SHA256{Iterations: djangoIterations(t, c.Version)}
		p := preferred
		if in.Iterations != 0 {
			p.Iterations = in.Iterations
		}
		got, err := password.EncodeWithSalt(p, in.Password, in.Salt)
		var encoded string
		if json.Unmarshal(want.Encoded, &encoded) != nil {
			if err == nil {
				t.Errorf("Encode = %q, want an error", got)
			}
			return
		}
		if err != nil || got != encoded {
			t.Fatalf("Encode = %q, %v; want %q", got, err, encoded)
		}
		if ok, err := p.Verify(in.Password, encoded); !ok || err != nil {
			t.Errorf("Verify = %v, %v; want true", ok, err)
		}
		if ok, err := p.Verify(in.Password+"x", encoded); ok || err != nil {
			t.Errorf("Verify of a wrong password = %v, %v; want false", ok, err)
		}
		if must := preferred.MustUpdate(encoded); must != want.MustUpdate {
			t.Errorf("MustUpdate = %v, want %v", must, want.MustUpdate)
		}
	})
	if ran < 20 {
		t.Errorf("%d cases of pbkdf2_sha256 ran, want at least 20", ran)
	}
}

// TestVectorsPBKDF2Check runs the cases of password_check that PBKDF2 with
// SHA-256 decides: its own strings, and those of no algorithm at all. Those of
// other algorithms belong to the hashers that are still to come.
func TestVectorsPBKDF2Check(t *testing.T) {
	vectors.Run(t, checkGroup, func(t *testing.T, c vectors.Case) {
		var in struct {
			Password *string // null is no password at all
			Encoded  string
		}
		var want struct {
			Check    bool `json:"check_password"`
			Upgrade  bool `json:"upgrade_setter_called"`
			Wrong    bool `json:"wrong_password"`
			IsUsable bool `json:"is_password_usable"`
		}
		c.Decode(t, &in, &want)
		if in.Password == nil || isOtherAlgorithm(in.Encoded) {
			return
		}
		t.Parallel()
		preferred := password.PBKDF2SHA256{Iterations: djangoIterations(t, c.Version)}
		if !strings.HasPrefix(in.Encoded, preferred.Algorithm()+"$") {
			preferred.Iterations = 1 // matches nothing, at whatever cost
		}
		h := password.New(&password.Options{
			Hashers: []password.Hasher{preferred},
			Logger:  slog.New(slog.DiscardHandler),
		})
		if ok, must := verify(t, h, *in.Password, in.Encoded); ok != want.Check || must != want.Upgrade {
			t.Errorf("Verify = %v, %v; want %v, %v", ok, must, want.Check, want.Upgrade)
		}
		if ok, _ := verify(t, h, *in.Password+"x", in.Encoded); ok != want.Wrong {
			t.Errorf("Verify of a wrong password = %v, want %v", ok, want.Wrong)
		}
		if usable := password.IsUsable(in.Encoded); usable != want.IsUsable {
			t.Errorf("IsUsable = %v, want %v", usable, want.IsUsable)
		}
	})
}

func isOtherAlgorithm(encoded string) bool {
	algorithm, _, _ := strings.Cut(encoded, "$")
	return algorithm == "pbkdf2_sha1" || algorithm == "md5" || algorithm == "sha1"
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
		p := password.PBKDF2SHA256{Iterations: 1}
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
