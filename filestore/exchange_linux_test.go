package filestore_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"sync"
	"testing"

	"github.com/jamsession/jamsession/filestore"
	"github.com/jamsession/jamsession/session"
)

// TestDjangosConcurrentSavesStand: Django takes no locks, and renames its
// file over the session's, or removes it, at any moment of a save here.
// Whatever the order, what Django did stands in the end.
func TestDjangosConcurrentSavesStand(t *testing.T) {
	for name, o := range map[string]*filestore.Options{
		"durable": nil, "fast": {LoseSessionsInPowerCut: true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t)
			s := open(t, dir, o)
			rounds := 600
			if o == nil {
				rounds = 100
			}
			for i := range rounds {
				tryMeanwhile(t, s, dir, record(i), i%2 == 0)
			}
		})
	}
}

// tryMeanwhile makes a save here and one of Django begin together, or a
// deletion by Django.
func tryMeanwhile(t *testing.T, s session.Store, dir string, rec session.Record, deletes bool) {
	t.Helper()
	create(t, s, rec)
	theirs := path(dir, rec) + "_out_django"
	if err := os.WriteFile(theirs, []byte("Django's"), 0o600); err != nil {
		t.Fatal(err)
	}
	start := make(chan struct{})
	var django sync.WaitGroup
	django.Go(func() {
		<-start
		err := os.Rename(theirs, path(dir, rec))
		if err == nil && deletes {
			err = os.Remove(path(dir, rec))
		}
		if err != nil {
			t.Error(err)
		}
	})
	next := rec
	next.Data = []byte("ours")
	close(start)
	err := s.Save(t.Context(), rec, next)
	if err != nil && !errors.Is(err, session.ErrConflict) && !errors.Is(err, session.ErrNotFound) {
		t.Error(err)
	}
	django.Wait()
	got, err := os.ReadFile(path(dir, rec))
	if deletes && !errors.Is(err, fs.ErrNotExist) || !deletes && !bytes.Equal(got, []byte("Django's")) {
		t.Fatalf("the file has %q, %v; deleted by Django: %v", got, err, deletes)
	}
}
