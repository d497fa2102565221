//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package filestore_test

import (
	"os"
	"testing"
	"time"
)

// BenchmarkClearing removes 10 000 expired files.
func BenchmarkClearing(b *testing.B) {
	dir := folder(b)
	s := open(b, dir, nil)
	long := time.Now().AddDate(0, -1, 0)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		for i := range 10_000 {
			name := path(dir, record(i))
			if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
				b.Fatal(err)
			}
			if err := os.Chtimes(name, long, long); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		if n, err := s.ClearExpired(b.Context(), time.Now()); n != 10_000 || err != nil {
			b.Fatal(n, err)
		}
	}
}
