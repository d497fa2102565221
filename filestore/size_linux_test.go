package filestore_test

import (
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/jamsession/jamsession/internal/sizetest"
)

// TestTooLargeForTheFileSystemIsTooLarge, and so is what could not be read
// again. Nothing is left of it, and the record that was there stays. The file system is a
// process of its own with a limit on the size of files, which would also hold for the files
// of the go command.
func TestTooLargeForTheFileSystemIsTooLarge(t *testing.T) {
	const limit, limited = 100_000, "FILESTORE_TEST_LIMITED"
	if os.Getenv(limited) != "" {
		limitFiles(t, limit)
		refusesTooLarge(t, 2*limit)
		return
	}
	t.Run("limit of the process", func(t *testing.T) {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestTooLargeForTheFileSystemIsTooLarge$")
		cmd.Env = append(os.Environ(), limited+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("limit of reading", func(t *testing.T) { refusesTooLarge(t, 64<<20+1) })
}

func refusesTooLarge(t *testing.T, size int) {
	t.Helper()
	dir := t.TempDir()
	store := open(t, dir, nil)
	rec := record(1)
	if err := store.Create(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	other := record(2)
	other.Data = make([]byte, size)
	sizetest.Refuses(t, store, rec, other)
	if got, err := store.Load(t.Context(), rec.Key); err != nil || string(got.Data) != string(rec.Data) {
		t.Errorf("Load: %v, %v", got, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(sessions(left)) != 1 {
		t.Errorf("left are %v, %v", left, err)
	}
}

// limitFiles lets this process write no larger files.
func limitFiles(t *testing.T, bytes uint64) {
	t.Helper()
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: bytes, Max: bytes}); err != nil {
		t.Fatal(err)
	}
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
