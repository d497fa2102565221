package argon2_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"math/big"
	"testing"

	reference "golang.org/x/crypto/argon2"

	"github.com/jamsession/jamsession/auth/internal/argon2"
)

// TestKnownAnswers are those of the reference implementation, P-H-C/phc-winner-argon2: the files in its
// folder kats, which RFC 9106 has for version 19, too.
func TestKnownAnswers(t *testing.T) {
	for _, c := range []struct {
		variety argon2.Variety
		version uint32
		want    string
	}{
		{argon2.D, 16, "96a9d4e5a1734092c85e29f410a45914a5dd1f5cbf08b2670da68a0285abf32b"},
		{argon2.I, 16, "87aeedd6517ab830cd9765cd8231abb2e647a5dee08f7c05e02fcb763335d0fd"},
		{argon2.ID, 16, "b64615f07789b66b645b67ee9ed3b377ae350b6bfcbb0fc95141ea8f322613c0"},
		{argon2.D, 19, "512b391b6f1162975371d30919734294f868e3be3984f3c1a13a4db9fabe4acb"},
		{argon2.I, 19, "c814d9d1dc7f37aa13f0d77f2494bda1c8de6b016dd388d29952a4c4672b6ce8"},
		{argon2.ID, 19, "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"},
	} {
		got := argon2.Key(bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 16), argon2.Params{
			Variety: c.variety, Version: c.version, Time: 3, Memory: 32, Lanes: 4, Length: 32,
			Secret: bytes.Repeat([]byte{3}, 8), Data: bytes.Repeat([]byte{4}, 12),
		})
		if hex.EncodeToString(got) != c.want {
			t.Errorf("variety %d, version %d: %x, want %s", c.variety, c.version, got, c.want)
		}
	}
}

// TestVersion10 against the answers in src/test.c of the reference implementation.
func TestVersion10(t *testing.T) {
	for _, c := range []struct {
		time, memory, lanes  uint32
		password, salt, want string
	}{
		{2, 1 << 16, 1, "password", "somesalt", "f6c4db4a54e2a370627aff3db6176b94a2a209a62c8e36152711802f7b30c694"},
		{2, 1 << 8, 1, "password", "somesalt", "fd4dd83d762c49bdeaf57c47bdcd0c2f1babf863fdeb490df63ede9975fccf06"},
		{2, 1 << 8, 2, "password", "somesalt", "b6c11560a6a9d61eac706b79a2f97d68b4463aa3ad87e00c07e2b01e90c564fb"},
		{1, 1 << 16, 1, "password", "somesalt", "81630552b8f3b1f48cdb1992c4c678643d490b2b5eb4ff6c4b3438b5621724b2"},
		{2, 1 << 16, 1, "differentpassword", "somesalt", "e9c902074b6754531a3a0be519e5baf404b30ce69b3f01ac3bf21229960109a3"},
		{2, 1 << 16, 1, "password", "diffsalt", "79a103b90fe8aef8570cb31fc8b22259778916f8336b7bdac3892569d4f1c497"},
	} {
		got := argon2.Key([]byte(c.password), []byte(c.salt), argon2.Params{
			Variety: argon2.I, Version: argon2.Version10,
			Time: c.time, Memory: c.memory, Lanes: c.lanes, Length: 32,
		})
		if hex.EncodeToString(got) != c.want {
			t.Errorf("%+v: %x", c, got)
		}
	}
}

// TestVersion13IsThatOfTheLibrary for parameters at random.
func TestVersion13IsThatOfTheLibrary(t *testing.T) {
	for range 100 {
		p := argon2.Params{
			Version: argon2.Version13, Time: below(t, 4) + 1, Lanes: below(t, 5) + 1, Length: below(t, 200) + 4,
		}
		p.Memory = 8*p.Lanes + below(t, 700)
		password, salt := make([]byte, below(t, 200)), make([]byte, 8+below(t, 40))
		_, _ = rand.Read(password)
		_, _ = rand.Read(salt)
		p.Variety = argon2.I
		check(t, p, argon2.Key(password, salt, p),
			reference.Key(password, salt, p.Time, p.Memory, uint8(p.Lanes), p.Length))
		p.Variety = argon2.ID
		check(t, p, argon2.Key(password, salt, p),
			reference.IDKey(password, salt, p.Time, p.Memory, uint8(p.Lanes), p.Length))
	}
}

func check(t *testing.T, p argon2.Params, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%+v: %x, want %x", p, got, want)
	}
}

func below(t *testing.T, n int64) uint32 {
	t.Helper()
	r, err := rand.Int(rand.Reader, big.NewInt(n))
	if err != nil {
		t.Fatal(err)
	}
	return uint32(r.Int64())
}

func BenchmarkKey(b *testing.B) {
	for _, version := range []uint32{argon2.Version10, argon2.Version13} {
		b.Run(fmt.Sprint(version), func(b *testing.B) {
			p := argon2.Params{Variety: argon2.I, Version: version, Time: 2, Memory: 1 << 14, Lanes: 1, Length: 32}
			for b.Loop() {
				argon2.Key([]byte("password"), []byte("somesalt"), p)
			}
		})
	}
	b.Run("library", func(b *testing.B) {
		for b.Loop() {
			reference.Key([]byte("password"), []byte("somesalt"), 2, 1<<14, 1, 32)
		}
	})
}
