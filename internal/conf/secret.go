package conf

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jamsession/jamsession/secret"
)

// DemoSecretKey returns the key in a file, for a demonstration on one
// machine. If there is no such file it makes a random key and writes it
// there, readable by its owner only. It refuses a file that others can read.
func DemoSecretKey(path string) (secret.Text, error) {
	key, err := ReadSecretKey(path)
	if !errors.Is(err, os.ErrNotExist) {
		return key, err
	}
	if err := writeKey(path); err != nil && !errors.Is(err, os.ErrExist) {
		return secret.Text{}, fmt.Errorf("settings: secret key: %w", err)
	}
	return ReadSecretKey(path)
}

// ReadSecretKey returns the key in a file, and makes none: the error wraps
// [os.ErrNotExist] if there is no file. It refuses a file that others can read. It
// checks the file that it has opened, so that nobody can swap it in between.
func ReadSecretKey(path string) (secret.Text, error) {
	f, err := os.Open(path) // the path is the program's
	if err != nil {
		return secret.Text{}, fmt.Errorf("settings: secret key: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return secret.Text{}, fmt.Errorf("settings: secret key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return secret.Text{}, fmt.Errorf("settings: secret key: %s is not a file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && permissionsCount {
		return secret.Text{}, fmt.Errorf("settings: secret key: others can read %s (mode %04o); "+
			"run: chmod 600 %s", path, mode, path)
	}
	var text [1 << 10]byte
	n, _ := f.Read(text[:])
	key := strings.TrimSpace(string(text[:n]))
	if len(key) < minKeyLength || strings.ContainsFunc(key, isControl) {
		return secret.Text{}, fmt.Errorf("settings: secret key: %s holds no key of at least %d bytes",
			path, minKeyLength)
	}
	return secret.New(key), nil
}

// NewSecretKey returns a random key: 64 characters, which no shell and no file of settings
// treats specially.
func NewSecretKey() secret.Text {
	var raw [48]byte
	_, _ = rand.Read(raw[:]) // never fails: it ends the program instead
	return secret.New(base64.RawURLEncoding.EncodeToString(raw[:]))
}

// writeKey makes the file in one step, so that two programs that start
// together end with the same key.
func writeKey(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".secret-key-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = fmt.Fprintln(f, NewSecretKey().Reveal())
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}
