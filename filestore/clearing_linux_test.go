package filestore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/session"
)

func testStore(t *testing.T, o *Options) (s *store, dir string) {
	t.Helper()
	dir = t.TempDir()
	s, err := newStore(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, dir
}

// plant writes the file of a session that expired long ago, as Django does.
func plant(t *testing.T, dir, key, text string) (name string) {
	t.Helper()
	name = filepath.Join(dir, "sessionid"+key)
	long := time.Now().AddDate(-1, 0, 0)
	err := errors.Join(os.WriteFile(name, []byte(text), 0o600), os.Chtimes(name, long, long))
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// TestClearingFlushesOnceForMany: each flush takes as long as the removal of hundreds.
func TestClearingFlushesOnceForMany(t *testing.T) {
	s, dir := testStore(t, nil)
	const files = 2*page + 1
	for i := range files {
		plant(t, dir, fmt.Sprintf("%032d", i), "expired")
	}
	flushes := 0
	s.flush = func(*os.File) error { flushes++; return nil }
	n, err := s.ClearExpired(t.Context(), time.Now())
	if n != files || err != nil || flushes != 1 {
		t.Errorf("%d were cleared with %d flushes, %v", n, flushes, err)
	}
	flushes = 0
	if n, err := s.ClearExpired(t.Context(), time.Now()); n != 0 || err != nil || flushes != 0 {
		t.Errorf("again: %d were cleared with %d flushes, %v", n, flushes, err)
	}
	broken := errors.New("the disk is gone")
	s.flush = func(*os.File) error { return broken }
	plant(t, dir, strings.Repeat("k", 32), "expired")
	if n, err := s.ClearExpired(t.Context(), time.Now()); n != 1 || !errors.Is(err, broken) {
		t.Errorf("where nothing can be flushed: %d, %v", n, err)
	}
}

// TestClearingReadsNoLiveFile that this package has written, in a store with and without
// a codec, and in a cache.
func TestClearingReadsNoLiveFile(t *testing.T) {
	signed, err := django.Signed(secrettest.Keys("the key of this test"))
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]*Options{"plain": nil, "with a codec": {Codec: signed}} {
		t.Run(name, func(t *testing.T) {
			s, dir := testStore(t, o)
			for i := range 20 {
				rec := session.Record{
					Key: fmt.Sprintf("%032d", i), Data: []byte("data"), Expiry: time.Now().Add(time.Hour),
				}
				if err := s.Create(t.Context(), rec); err != nil {
					t.Fatal(err)
				}
			}
			countOpened(t, dir, func(ctx context.Context) (int, error) { return s.ClearExpired(ctx, time.Now()) })
		})
	}
	t.Run("cache", func(t *testing.T) {
		dir := t.TempDir()
		cache, err := NewCache(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = cache.Close() }()
		for i := range 20 {
			if err := cache.Set(t.Context(), fmt.Sprint(i), []byte("value"), time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		store, err := cachedstore.NewAlone(cache, nil)
		if err != nil {
			t.Fatal(err)
		}
		countOpened(t, dir, func(ctx context.Context) (int, error) {
			return store.ClearExpired(ctx, time.Now())
		})
	})
}

// countOpened fails the test if a file of the folder is opened meanwhile.
func countOpened(t *testing.T, dir string, clear func(context.Context) (int, error)) {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_OPEN|unix.IN_ONLYDIR); err != nil {
		t.Fatal(err)
	}
	if n, err := clear(t.Context()); n != 0 || err != nil {
		t.Errorf("cleared %d, %v", n, err)
	}
	buf := make([]byte, 1<<16)
	n, err := unix.Read(fd, buf)
	if err != nil {
		t.Fatal(err) // the folder itself was opened
	}
	if text := string(buf[:n]); strings.Contains(text, "sessionid") || strings.Contains(text, suffix) {
		t.Error("files that had not expired were opened")
	}
}

// TestSavedAgainIsNotCleared: what is saved after a file was looked at stays.
func TestSavedAgainIsNotCleared(t *testing.T) {
	key := strings.Repeat("k", 32)
	s, dir := testStore(t, nil)
	file := plant(t, dir, key, "expired")
	info, err := s.root.Lstat("sessionid" + key)
	if err != nil {
		t.Fatal(err)
	}
	save(t, file, "saved!!")
	c := clearing{s: s, now: time.Now()}
	if removed, err := c.remove(find{key, info, true}); removed || err != nil {
		t.Errorf("saved before the lock: %t, %v", removed, err)
	}
	if text, err := os.ReadFile(file); string(text) != "saved!!" || err != nil {
		t.Errorf("the file has %q, %v", text, err)
	}
}

// save puts another file in the place of one, as Django does.
func save(t *testing.T, file, text string) {
	t.Helper()
	err := os.WriteFile(file+"_new", []byte(text), 0o600)
	if err := errors.Join(err, os.Rename(file+"_new", file)); err != nil {
		t.Fatal(err)
	}
}

// TestClearingWaitsForSaves, and not beyond its context.
func TestClearingWaitsForSaves(t *testing.T) {
	s, dir := testStore(t, nil)
	var keys []string
	for i := 0; len(keys) < 3*atOnce; i++ {
		if key := fmt.Sprintf("%032d", i); number(key) == 0 {
			keys = append(keys, key)
			plant(t, dir, key, "expired")
		}
	}
	s.locks.mine[0] <- struct{}{} // somebody saves
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if n, err := s.ClearExpired(ctx, time.Now()); n != 0 || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while a lock is held: %d, %v", n, err)
	}
	<-s.locks.mine[0]
	if n, err := s.ClearExpired(t.Context(), time.Now()); n != len(keys) || err != nil {
		t.Errorf("afterwards: %d, %v", n, err)
	}
}
