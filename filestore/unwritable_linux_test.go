package filestore_test

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/jamsession/jamsession/session"
)

// TestUnwritableFolder: the old record stays, nothing is said to be gone, and
// no error shows a key.
func TestUnwritableFolder(t *testing.T) {
	dir := folder(t)
	s := open(t, dir, quick)
	rec := record(1)
	create(t, s, rec)
	for name, mode := range map[string]os.FileMode{dir: 0o555, path(dir, rec): 0o644} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	defer os.Chmod(dir, 0o700)
	if os.Geteuid() == 0 { // root may write everywhere, so be somebody else here
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := syscall.Setfsuid(65534); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = syscall.Setfsuid(0) }()
	}
	next := rec
	next.Data = []byte("new")
	dead := rec
	dead.Expiry = rec.Expiry.Add(-100 * 365 * 24 * time.Hour)
	for doing, err := range map[string]error{
		"Save": s.Save(t.Context(), rec, next), "end": s.Save(t.Context(), rec, dead),
		"Create": s.Create(t.Context(), record(2)), "Delete": s.Delete(t.Context(), rec.Key),
	} {
		if !errors.Is(err, syscall.EACCES) {
			t.Errorf("%s: error %v, want EACCES", doing, err)
		}
	}
	got, err := s.Load(t.Context(), rec.Key)
	if err != nil || string(got.Data) != "data" {
		t.Errorf("the old record is %q, %v", got.Data, err)
	}
	if _, err := s.Load(t.Context(), record(2).Key); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("what could not be created: %v", err)
	}
}
