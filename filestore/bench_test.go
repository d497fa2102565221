//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package filestore_test

import (
	"os"
	"testing"

	"github.com/jamsession/jamsession/session"
)

// BenchmarkLoad beside os.ReadFile.
func BenchmarkLoad(b *testing.B) {
	dir := folder(b)
	s := open(b, dir, quick)
	create(b, s, record(1))
	b.Run("store", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Load(b.Context(), record(1).Key); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("ReadFile", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := os.ReadFile(path(dir, record(1))); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkSave flushes to the disk.
func BenchmarkSave(b *testing.B) {
	s := open(b, folder(b), nil)
	rec := record(1)
	create(b, s, rec)
	var store session.Store = s
	for b.Loop() {
		if err := store.Save(b.Context(), rec, rec); err != nil {
			b.Fatal(err)
		}
	}
}
