package filestore_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jamsession/jamsession/filestore"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/session"
)

// nobody is a user that the tests do not run as.
const nobody = 65534

// give gives files to another user, which only root can do. Continuous
// integration is root.
func give(t *testing.T, uid int, names ...string) {
	t.Helper()
	for _, name := range names {
		err := os.Lchown(name, uid, uid)
		if errors.Is(err, syscall.EPERM) {
			servertest.Missing(t, "right to give files to other users, which root has")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// likeTmp returns a folder in which everyone can make files.
func likeTmp(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	return dir
}

var shared = &filestore.Options{LoseSessionsInPowerCut: true, AllowSharedFolder: true}

func write(t *testing.T, name string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(name, []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
}

// TestFilesOfOtherUsersAreNotBelieved: with the plain codec, the writer of a
// file decides who is logged in.
func TestFilesOfOtherUsersAreNotBelieved(t *testing.T) {
	for name, o := range map[string]*filestore.Options{"shared": shared, "own": quick} {
		for what, plant := range map[string]func(name string){
			"another user's":      func(name string) { write(t, name, 0o600); give(t, nobody, name) },
			"others can write":    func(name string) { write(t, name, 0o602) },
			"a group can write":   func(name string) { write(t, name, 0o660) },
			"another user's link": func(name string) { plantLink(t, name) },
		} {
			t.Run(name+" "+what, func(t *testing.T) {
				dir := likeTmp(t)
				if name == "own" {
					dir = folder(t)
				}
				s, rec := open(t, dir, o), record(1)
				plant(path(dir, rec))
				refused(t, s, rec)
				if n, err := s.ClearExpired(t.Context(), time.Now().Add(1000*time.Hour)); n != 0 || err != nil {
					t.Errorf("ClearExpired: %d, %v", n, err)
				}
				for got, err := range session.List(t.Context(), s) {
					t.Errorf("List: %q, %v", got.Data, err)
				}
			})
		}
	}
}

// TestLeftoversOfOtherUsersStay: what is not ours is not cleared either.
func TestLeftoversOfOtherUsersStay(t *testing.T) {
	dir := likeTmp(t)
	s, name := open(t, dir, shared), path(dir, record(1))+"_out_x"
	write(t, name, 0o600)
	give(t, nobody, name)
	if _, err := s.ClearExpired(t.Context(), time.Now().Add(1000*time.Hour)); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(name); err != nil {
		t.Error(err)
	}
}

func plantLink(t *testing.T, name string) {
	t.Helper()
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	write(t, elsewhere, 0o600)
	if err := os.Symlink(elsewhere, name); err != nil {
		t.Fatal(err)
	}
	give(t, nobody, name)
}

// refused checks that the file of a session is an error and not the lack of it.
func refused(t *testing.T, s session.Store, rec session.Record) {
	t.Helper()
	got, err := s.Load(t.Context(), rec.Key)
	for doing, err := range map[string]error{
		"Load": err, "Save": s.Save(t.Context(), rec, rec), "Create": s.Create(t.Context(), rec),
	} {
		if err == nil || errors.Is(err, session.ErrNotFound) || strings.Contains(err.Error(), rec.Key) {
			t.Errorf("%s: %q, error %v", doing, got.Data, err)
		}
	}
}

// TestFilesOfNamedUsersAreBelieved: Django may run as another user.
func TestFilesOfNamedUsersAreBelieved(t *testing.T) {
	dir, rec := likeTmp(t), record(1)
	write(t, path(dir, rec), 0o600)
	give(t, nobody, path(dir, rec))
	o := *shared
	o.AllowFilesOfUsers = []int{12345, nobody}
	s := open(t, dir, &o)
	got, err := s.Load(t.Context(), rec.Key)
	if err != nil || string(got.Data) != "data" {
		t.Fatalf("Load: %q, %v", got.Data, err)
	}
	next := got
	next.Data = []byte("ours")
	if err := s.Save(t.Context(), got, next); err != nil {
		t.Errorf("Save: %v", err)
	}
}

// TestFolderOfAnotherUserIsRefused: its owner can replace all that is in it.
// Root's may be shared, as /tmp is.
func TestFolderOfAnotherUserIsRefused(t *testing.T) {
	private, open := t.TempDir(), likeTmp(t)
	give(t, nobody, private, open)
	o := *shared
	for dir, allowed := range map[string][]int{private: nil, open: {12345}} {
		o.AllowFilesOfUsers = allowed
		_, err := filestore.New(dir, &o)
		if err == nil || !strings.Contains(err.Error(), "belongs to the user 65534") {
			t.Errorf("%s: error %v", dir, err)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%s has %v", dir, left)
		}
		o.AllowFilesOfUsers = []int{nobody}
		s, err := filestore.New(dir, &o)
		if err != nil {
			t.Errorf("%s, allowed: %v", dir, err)
			continue
		}
		_ = s.Close()
	}
}

// TestForeignLocksAreRefused: another user could hold them forever, or replace
// them, so that they lock nothing. They are an error at the start, which does
// not wait.
func TestForeignLocksAreRefused(t *testing.T) {
	for what, plant := range map[string]func(t *testing.T, name string){
		"another user's":  func(t *testing.T, name string) { write(t, name, 0o666); give(t, nobody, name) },
		"others can read": func(t *testing.T, name string) { write(t, name, 0o604) },
		"link": func(t *testing.T, name string) {
			if err := os.Symlink("sessionid"+record(1).Key, name); err != nil {
				t.Fatal(err)
			}
		},
		"link out": func(t *testing.T, name string) {
			if err := os.Symlink(filepath.Join(t.TempDir(), "made"), name); err != nil {
				t.Fatal(err)
			}
		},
		"second name": func(t *testing.T, name string) {
			elsewhere := filepath.Join(t.TempDir(), "elsewhere")
			write(t, elsewhere, 0o600)
			if err := os.Link(elsewhere, name); err != nil {
				t.Fatal(err)
			}
		},
		"pipe": func(t *testing.T, name string) {
			if err := syscall.Mkfifo(name, 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"folder": func(t *testing.T, name string) {
			if err := os.Mkdir(name, 0o700); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			dir := likeTmp(t)
			plant(t, filepath.Join(dir, ".sessionid.lock.07"))
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			done := make(chan error, 1)
			go func() {
				_, err := filestore.New(dir, shared)
				done <- err
			}()
			select {
			case err := <-done:
				if err == nil || !strings.Contains(err.Error(), ".sessionid.lock.07") {
					t.Errorf("error %v", err)
				}
			case <-ctx.Done():
				t.Error("the store waits")
			}
			if _, err := os.Lstat(path(dir, record(1))); err == nil {
				t.Error("a link made a file for a session")
			}
		})
	}
}

// TestUserIsAskedForEachTime: a process that began as root and became another
// user does not go on to believe what it believed as root.
func TestUserIsAskedForEachTime(t *testing.T) {
	if dir := os.Getenv("FILESTORE_TEST_SETUID"); dir != "" {
		becomeNobody(t, dir)
		return
	}
	if os.Geteuid() != 0 {
		servertest.Missing(t, "right to become another user, which root has")
	}
	dir := likeTmp(t)
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestUserIsAskedForEachTime$")
	cmd.Env = append(os.Environ(), "FILESTORE_TEST_SETUID="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func becomeNobody(t *testing.T, dir string) {
	s := open(t, dir, shared)
	rec := record(1)
	create(t, s, rec)
	if err := os.Chmod(path(dir, rec), 0o644); err != nil { // so that it could be read
		t.Fatal(err)
	}
	if err := syscall.Setuid(nobody); err != nil {
		t.Fatal(err)
	}
	refused(t, s, rec)
	create(t, s, record(2))
	if got, err := s.Load(t.Context(), record(2).Key); err != nil || string(got.Data) != "data" {
		t.Errorf("Load of what the new user made: %q, %v", got.Data, err)
	}
}
