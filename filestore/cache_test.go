package filestore_test

import (
	"bytes"
	"crypto/md5"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/filestore"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sessiontest"
)

func openCache(t testing.TB, dir string) cachedstore.Cache {
	t.Helper()
	cache, err := filestore.NewCache(dir, &filestore.Options{Prefix: "p:", LoseSessionsInPowerCut: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cache.Close() })
	return cache
}

// cacheFile is where an entry is.
func cacheFile(dir, key string) string {
	return filepath.Join(dir, fmt.Sprintf("%x.djcache", md5.Sum([]byte("p:"+key))))
}

// TestCacheContract as the engine cache.
func TestCacheContract(t *testing.T) {
	sessiontest.Run(t, func(t *testing.T) session.Store {
		return noerror.In(cachedstore.NewAlone(openCache(t, t.TempDir()), django.Pickled()))
	})
}

// TestCacheEntries: what each method does to an entry that is there, has expired, or is
// damaged.
func TestCacheEntries(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	cache := openCache(t, dir)
	want := func(doing string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", doing, err, want)
		}
	}
	_, err := cache.Get(ctx, "k")
	want("Get", err, session.ErrNotFound)
	want("Swap", cache.Swap(ctx, "k", nil, []byte("b"), time.Hour), session.ErrNotFound)
	want("Add", cache.Add(ctx, "k", []byte("a"), time.Hour), nil)
	want("Add", cache.Add(ctx, "k", []byte("b"), time.Hour), session.ErrExists)
	want("Swap", cache.Swap(ctx, "k", []byte("x"), []byte("b"), time.Hour), session.ErrConflict)
	want("Swap", cache.Swap(ctx, "k", []byte("a"), []byte("b"), time.Hour), nil)
	if info := noerror.In(os.Stat(cacheFile(dir, "k"))); info.Mode().Perm() != 0o600 {
		t.Errorf("the file has the mode %v", info.Mode())
	}
	if got, err := cache.Get(ctx, "k"); err != nil || string(got) != "b" {
		t.Errorf("Get: %q, %v", got, err)
	}
	want("Set", cache.Set(ctx, "k", []byte("c"), -time.Second), nil)
	_, err = cache.Get(ctx, "k")
	want("Get of what has expired", err, session.ErrNotFound)
	want("Add over what has expired", cache.Add(ctx, "k", []byte("d"), time.Hour), nil)
	want("Delete", cache.Delete(ctx, "k"), nil)
	want("Delete", cache.Delete(ctx, "k"), nil)
	for name, content := range map[string]string{
		"not a pickle": "damaged", "no end": "\x80\x04", "no zlib": "\x80\x04N.damaged", "an odd end": "\x80\x04}.",
		"the end of zlib": "\x80\x04N.x\x9c",
	} {
		if err := os.WriteFile(cacheFile(dir, "k"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := cache.Get(ctx, "k")
		want("Get of "+name, err, session.ErrNotFound)
	}
}

// TestCacheReadsWhateverDjangoWritesAsTheEnd of an entry, in any protocol of pickles.
func TestCacheReadsWhateverDjangoWritesAsTheEnd(t *testing.T) {
	dir := t.TempDir()
	cache := openCache(t, dir)
	const value = "x\x9cK\xcc\x04\x00\x01-\x00\xcb" // zlib of "ai"
	for end, lives := range map[string]bool{
		"\x80\x05N.": true, // None
		"\x80\x05\x95\x0a\x00\x00\x00\x00\x00\x00\x00GB\x00\x00\x00\x00\x00\x00\x00.": true,  // 8589934592.0
		"\x80\x05\x95\x0a\x00\x00\x00\x00\x00\x00\x00GA\x00\x00\x00\x00\x00\x00\x00.": false, // 131072.0
		"F8589934592.0\n.":                      true,
		"\x80\x04\x8a\x05\x00\x00\x00\x00\x02.": true,  // an int
		"\x80\x04J\xff\xff\xff\xff.":            false, // -1
	} {
		if err := os.WriteFile(cacheFile(dir, "k"), []byte(end+value), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := cache.Get(t.Context(), "k")
		if lives && (err != nil || string(got) != "ai") || !lives && !errors.Is(err, session.ErrNotFound) {
			t.Errorf("%q: %q, %v", end, got, err)
		}
	}
}

// TestCacheSwapsOnce: of many that swap one value, one does.
func TestCacheSwapsOnce(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	a, b := openCache(t, dir), openCache(t, dir)
	if err := a.Set(ctx, "k", []byte("old"), time.Hour); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	won := make(chan string, 20)
	for i := range 20 {
		wg.Go(func() {
			cache, value := []cachedstore.Cache{a, b}[i%2], fmt.Sprint(i)
			err := cache.Swap(ctx, "k", []byte("old"), []byte(value), time.Hour)
			if err == nil {
				won <- value
			} else if !errors.Is(err, session.ErrConflict) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	close(won)
	winner := <-won
	if got, err := b.Get(ctx, "k"); len(won) > 0 || err != nil || string(got) != winner {
		t.Errorf("%d more have won; %q, %v, want %q", len(won), got, err, winner)
	}
}

// TestCacheClearing removes what has expired, and nothing that is not of the cache.
func TestCacheClearing(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	cache := openCache(t, dir)
	for key, ttl := range map[string]time.Duration{"gone": -time.Hour, "alive": time.Hour} {
		if err := cache.Set(ctx, key, bytes.Repeat([]byte(key), 100), ttl); err != nil {
			t.Fatal(err)
		}
	}
	old := filepath.Join(dir, strings.Repeat("0", 32)+".djcache_out_x")
	for _, name := range []string{filepath.Join(dir, "readme"), old} {
		if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		past := time.Now().Add(-2 * time.Hour)
		if err := os.Chtimes(name, past, past); err != nil {
			t.Fatal(err)
		}
	}
	store := noerror.In(cachedstore.NewAlone(cache, nil))
	if n, err := store.ClearExpired(ctx, time.Now()); n != 1 || err != nil {
		t.Errorf("%d were cleared, %v, want 1", n, err)
	}
	for name, stays := range map[string]bool{
		cacheFile(dir, "gone"): false, cacheFile(dir, "alive"): true, filepath.Join(dir, "readme"): true, old: false,
	} {
		if _, err := os.Stat(name); (err == nil) != stays {
			t.Errorf("%s: %v, stays: want %t", name, err, stays)
		}
	}
}

// TestCacheTrustsNoFileThatOthersCanWrite, as a store does.
func TestCacheTrustsNoFileThatOthersCanWrite(t *testing.T) {
	dir := t.TempDir()
	cache := openCache(t, dir)
	if err := cache.Set(t.Context(), "k", []byte("a"), time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(cacheFile(dir, "k"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := cache.Get(t.Context(), "k"); err == nil || errors.Is(err, session.ErrNotFound) {
		t.Errorf("Get: %v, want an error", err)
	}
}

// TestAKeyFunctionOfSeveralSessions would give visitors each other's sessions.
func TestAKeyFunctionOfSeveralSessions(t *testing.T) {
	o := &filestore.Options{KeyFunc: func(key string) string { return "s:" + key[:30] }}
	_, err := filestore.NewCache(t.TempDir(), o)
	if err == nil || !strings.Contains(err.Error(), "Options.KeyFunc makes the same key") {
		t.Errorf("%v, want a refusal of the function", err)
	}
}
