package signing

import (
	"bytes"
	stdzlib "compress/zlib"
	"fmt"
	"io"
	"testing"

	"github.com/klauspost/compress/zlib"

	"github.com/jamsession/jamsession/secret"
)

// The benchmarks here compare what exists for speed only with the plain way.

// sample is a session as Django writes it, of 700 bytes.
var sample = func() []byte {
	text := `{"_auth_user_id":"17","_auth_user_backend":"django.contrib.auth.backends.ModelBackend",` +
		`"_auth_user_hash":"5f1d7c3e9ab24860d1f2c7b5a9e8346072bd1c9f5e3a8d4760b2f1c9a7e5d384","cart":[`
	for i := range 12 {
		text += fmt.Sprintf(`{"sku":%d,"count":%d,"price":"%d.95"},`, 7919*(i+13)%100_000, i%4+1, 37*i%90)
	}
	return []byte(text + `null]}`)
}()

func BenchmarkHMAC(b *testing.B) {
	key := secret.New("a secret key of fifty characters for a benchmark..")
	s := NewOfOne("salt", key)
	b.Run("pool", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			s.appendSignature(sample[:100:100])
		}
	})
	b.Run("new", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m := &mac{hash: newHMAC("salt"+"signer", key)}
			_ = append(append(sample[:100:100], separator), m.sign(sample[:100])...)
		}
	})
}

func BenchmarkDeflate(b *testing.B) {
	b.Run("pool", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			d := deflaters.Get().(*deflater)
			d.deflate(sample)
			deflaters.Put(d)
		}
	})
	b.Run("new", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			deflaters.New().(*deflater).deflate(sample)
		}
	})
	b.Run("standard library", func(b *testing.B) {
		var out bytes.Buffer
		w := stdzlib.NewWriter(&out)
		b.ReportAllocs()
		for b.Loop() {
			out.Reset()
			w.Reset(&out)
			_, _ = w.Write(sample)
			_ = w.Close()
		}
	})
}

func BenchmarkInflate(b *testing.B) {
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	_, _ = w.Write(sample)
	_ = w.Close()
	b.Run("pool", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := inflate(packed.Bytes(), 1<<20); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("new", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r, _ := zlib.NewReader(bytes.NewReader(packed.Bytes()))
			if _, err := io.ReadAll(r); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("standard library", func(b *testing.B) {
		in := bytes.NewReader(packed.Bytes())
		r, _ := stdzlib.NewReader(in)
		out := make([]byte, 32<<10)
		b.ReportAllocs()
		for b.Loop() {
			in.Reset(packed.Bytes())
			_ = r.(stdzlib.Resetter).Reset(in, nil)
			n, _ := fill(r, out)
			_ = bytes.Clone(out[:n])
		}
	})
}
