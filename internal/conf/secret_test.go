package conf_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jamsession/jamsession/internal/conf"
	"github.com/jamsession/jamsession/secret"
)

func TestDemoSecretKeyIsMadeOnceAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	first, err := conf.DemoSecretKey(path)
	if err != nil {
		t.Fatal(err)
	}
	second, err := conf.DemoSecretKey(path)
	if err != nil || !first.Equal(second) {
		t.Errorf("the second call returned another key, error %v", err)
	}
	other, err := conf.DemoSecretKey(path + "2")
	if err != nil || other.Equal(first) {
		t.Errorf("two files have the same key, error %v", err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
	load(t, fromEnv(map[string]string{"SECRET_KEY": first.Reveal(), "ADDR": ":80"}))
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 2 {
		t.Errorf("%d files are left, want 2; error %v", len(left), err)
	}
}

func TestReadSecretKeyMakesNone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "secret")
	if key, err := conf.ReadSecretKey(path); !errors.Is(err, os.ErrNotExist) || !key.IsZero() {
		t.Errorf("without a file: a key %t, error %v", !key.IsZero(), err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%d files are made; error %v", len(left), err)
	}
	made, err := conf.DemoSecretKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if key, err := conf.ReadSecretKey(path); err != nil || !key.Equal(made) {
		t.Errorf("another key, error %v", err)
	}
}

func TestDemoSecretKeyRefusesAFileThatOthersCanRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	for _, mode := range []os.FileMode{0o644, 0o640, 0o604, 0o620} {
		if err := os.WriteFile(path, []byte(goodKey), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		key, err := conf.DemoSecretKey(path)
		if err == nil || !key.IsZero() || !strings.Contains(err.Error(), "chmod 600 "+path) {
			t.Errorf("%v: got key %t, error %v", mode, !key.IsZero(), err)
		} else if strings.Contains(err.Error(), goodKey) {
			t.Errorf("the error shows the key: %v", err)
		}
	}
}

func TestDemoSecretKeyRefusesOtherFiles(t *testing.T) {
	dir := t.TempDir()
	for _, text := range []string{"", "short", "two\nlines" + goodKey} {
		path := filepath.Join(dir, "secret")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := conf.DemoSecretKey(path); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
	if _, err := conf.DemoSecretKey(dir); err == nil || !strings.Contains(err.Error(), "is not a file") {
		t.Errorf("a directory: error %v", err)
	}
	if _, err := conf.DemoSecretKey(filepath.Join(dir, "no", "dir")); err == nil {
		t.Error("no directory: no error")
	}
}

func TestDemoSecretKeyOfTwoProgramsAtOnceIsOne(t *testing.T) {
	for range 50 {
		path := filepath.Join(t.TempDir(), "secret")
		keys := make([]secret.Text, 8)
		start := make(chan struct{})
		var wg sync.WaitGroup
		for i := range keys {
			wg.Go(func() {
				<-start
				var err error
				if keys[i], err = conf.DemoSecretKey(path); err != nil {
					t.Error(err)
				}
			})
		}
		close(start)
		wg.Wait()
		for _, key := range keys {
			if !key.Equal(keys[0]) {
				t.Fatal("two programs got two keys")
			}
		}
	}
}
