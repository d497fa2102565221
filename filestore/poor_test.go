//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package filestore_test

import (
	"errors"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jamsession/jamsession/filestore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sessiontest"
)

// TestContractWithoutExchange: where files cannot be exchanged in one step, two
// processes still keep the whole contract.
func TestContractWithoutExchange(t *testing.T) {
	sessiontest.Run(t, func(t *testing.T) session.Store {
		dir := folder(t)
		poor := func() session.Store { return filestore.WithoutExchange(open(t, dir, quick)) }
		return &alternating{stores: [2]session.Store{poor(), poor()}}
	})
}

// TestDjangosEarlierSavesStandWithoutExchange: what Django saved or deleted before
// the save begins stands on every system.
func TestDjangosEarlierSavesStandWithoutExchange(t *testing.T) {
	dir := folder(t)
	s := filestore.WithoutExchange(open(t, dir, quick))
	rec := record(1)
	create(t, s, rec)
	next := rec
	next.Data = []byte("ours")
	if err := os.WriteFile(path(dir, rec), []byte("Django's"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Save(t.Context(), rec, next); !errors.Is(err, session.ErrConflict) {
		t.Errorf("after Django's save: %v", err)
	}
	if err := os.Remove(path(dir, rec)); err != nil {
		t.Fatal(err)
	}
	if err := s.Save(t.Context(), rec, next); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("after Django's deletion: %v", err)
	}
}

// TestLogoutsStandWithoutExchange: a save and a logout of two processes begin
// together, and the session is gone in the end.
func TestLogoutsStandWithoutExchange(t *testing.T) {
	dir := folder(t)
	a, b := filestore.WithoutExchange(open(t, dir, quick)), filestore.WithoutExchange(open(t, dir, quick))
	for i := range 300 {
		rec := record(i)
		create(t, a, rec)
		next := rec
		next.Data = []byte("next")
		start := make(chan struct{})
		var both sync.WaitGroup
		both.Go(func() {
			<-start
			if err := a.Save(t.Context(), rec, next); err != nil && !errors.Is(err, session.ErrNotFound) {
				t.Error(err)
			}
		})
		both.Go(func() {
			<-start
			if err := b.Delete(t.Context(), rec.Key); err != nil {
				t.Error(err)
			}
		})
		close(start)
		both.Wait()
		if _, err := a.Load(t.Context(), rec.Key); !errors.Is(err, session.ErrNotFound) {
			t.Fatalf("round %d: a session is alive after its logout: %v", i, err)
		}
	}
}

// TestFolderThatCannotBeFlushedIsRefused at the start, and not at the first save.
func TestFolderThatCannotBeFlushedIsRefused(t *testing.T) {
	refuse := func(*os.File) error { return syscall.EINVAL }
	err := filestore.OpenWithFlush(t.TempDir(), nil, refuse)
	if !errors.Is(err, syscall.EINVAL) || !strings.Contains(err.Error(), "LoseSessionsInPowerCut") {
		t.Errorf("error %v", err)
	}
	if err := filestore.OpenWithFlush(t.TempDir(), quick, refuse); err != nil {
		t.Errorf("with LoseSessionsInPowerCut: %v", err)
	}
}
