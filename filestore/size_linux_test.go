package filestore_test

import (
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/jamsession/jamsession/session"
)

// TestTooLargeForTheFileSystemIsTooLarge, and so is what could not be read
// again. Nothing is left of it, and the record that was there stays.
func TestTooLargeForTheFileSystemIsTooLarge(t *testing.T) {
	for name, c := range map[string]struct{ size, limit int }{
		"limit of the process": {200_000, 100_000},
		"limit of reading":     {64<<20 + 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			store := open(t, dir, nil)
			rec := record(1)
			if err := store.Create(t.Context(), rec); err != nil {
				t.Fatal(err)
			}
			large, other := rec, record(2)
			large.Data = make([]byte, c.size)
			other.Data = large.Data
			if c.limit > 0 {
				limitFiles(t, c.limit)
			}
			for name, err := range map[string]error{
				"Create": store.Create(t.Context(), other),
				"Save":   store.Save(t.Context(), rec, large),
				"rotate": store.Save(t.Context(), rec, other),
			} {
				if !errors.Is(err, session.ErrTooLarge) {
					t.Errorf("%s: %v", name, err)
				}
			}
			if got, err := store.Load(t.Context(), rec.Key); err != nil || string(got.Data) != string(rec.Data) {
				t.Errorf("Load: %v, %v", got, err)
			}
			if left, err := os.ReadDir(dir); err != nil || len(sessions(left)) != 1 {
				t.Errorf("left are %v, %v", left, err)
			}
		})
	}
}

// limitFiles lets this process write no larger files until the test ends.
func limitFiles(t *testing.T, bytes int) {
	t.Helper()
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: uint64(bytes), Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &before); err != nil {
			t.Error(err)
		}
	})
}

// sessions returns the files of sessions among those of a folder.
func sessions(entries []os.DirEntry) (files []string) {
	for _, e := range entries {
		if len(e.Name()) > len("sessionid") && e.Name()[:len("sessionid")] == "sessionid" {
			files = append(files, e.Name())
		}
	}
	return files
}
