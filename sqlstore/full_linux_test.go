package sqlstore_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// TestFullDisk: an error, and the old record stays. A limit on the size of
// files, in a process of its own, is a disk that is full.
func TestFullDisk(t *testing.T) {
	if path := os.Getenv("SQLSTORE_TEST_FULL"); path != "" {
		fullDisk(t, path)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFullDisk$")
	cmd.Env = append(os.Environ(), "SQLSTORE_TEST_FULL="+tempFile(t))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func fullDisk(t *testing.T, path string) {
	store, _ := open(t, path, sqlstore.Options{})
	rec := record(1, time.Now().Add(time.Hour))
	create(t, store, rec)
	limit := syscall.Rlimit{Cur: 300_000, Max: 300_000}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	large := rec
	large.Data = []byte(strings.Repeat("x", 1<<20))
	if err := store.Save(t.Context(), rec, large); err == nil || errors.Is(err, session.ErrNotFound) {
		t.Errorf("Save: %v", err)
	}
	other := record(2, time.Now().Add(time.Hour))
	other.Data = large.Data
	if err := store.Create(t.Context(), other); err == nil || errors.Is(err, session.ErrExists) {
		t.Errorf("Create: %v", err)
	}
	if got, err := store.Load(t.Context(), rec.Key); err != nil || string(got.Data) != string(rec.Data) {
		t.Errorf("the old record is %q, %v", got.Data, err)
	}
	if _, err := store.Load(t.Context(), other.Key); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("what could not be created: %v", err)
	}
}
