//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package filestore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/filestore"
	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/secrettest"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sessiontest"
)

const siteKey = "a-secret-key-for-the-tests-only-0123456789-abcdef"

// quick leaves out the flushing, which only a power cut could tell.
var quick = &filestore.Options{LoseSessionsInPowerCut: true}

func open(t testing.TB, dir string, o *filestore.Options) session.Store {
	t.Helper()
	s, err := filestore.New(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// folder returns the name of a folder that is not there yet.
func folder(t testing.TB) string { return filepath.Join(t.TempDir(), "sessions") }

func record(i int) session.Record {
	return session.Record{
		Key: fmt.Sprintf("%032d", i), Data: []byte("data"),
		Expiry: time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond),
	}
}

func create(t testing.TB, s session.Store, recs ...session.Record) {
	t.Helper()
	for _, rec := range recs {
		if err := s.Create(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
	}
}

func path(dir string, rec session.Record) string { return filepath.Join(dir, "sessionid"+rec.Key) }

// TestContract goes all the way but to the disk, for which it would wait most of its time.
func TestContract(t *testing.T) {
	var flushed atomic.Int64
	sessiontest.Run(t, func(t *testing.T) session.Store {
		return filestore.WithFlush(open(t, folder(t), nil), func(f *os.File) error {
			flushed.Add(1)
			_, err := f.Stat() // it must be open
			return err
		})
	})
	if flushed.Load() == 0 {
		t.Error("nothing was flushed")
	}
}

// TestEachChangeIsFlushed: the file of a record, and the folder.
func TestEachChangeIsFlushed(t *testing.T) {
	var flushed []string
	dir := folder(t)
	s := filestore.WithFlush(open(t, dir, nil), func(f *os.File) error {
		info, err := f.Stat()
		if err == nil && info.IsDir() {
			flushed = append(flushed, "folder")
		} else {
			flushed = append(flushed, "file")
		}
		return errors.Join(err, f.Sync())
	})
	old, changed := record(1), record(1)
	changed.Data = []byte("changed")
	for _, step := range []struct {
		name   string
		change func() error
		want   string
	}{
		{"create", func() error { return s.Create(t.Context(), old) }, "file folder"},
		{"save", func() error { return s.Save(t.Context(), old, changed) }, "file folder"},
		{"delete", func() error { return s.Delete(t.Context(), old.Key) }, "folder"},
	} {
		flushed = nil
		if err := step.change(); err != nil || strings.Join(flushed, " ") != step.want {
			t.Errorf("%s: flushed %v, want %s: %v", step.name, flushed, step.want, err)
		}
	}
}

// TestContractTwoStores: each call goes to another of two, as in two
// processes.
func TestContractTwoStores(t *testing.T) {
	sessiontest.Run(t, func(t *testing.T) session.Store {
		dir := folder(t)
		return &alternating{stores: [2]session.Store{open(t, dir, quick), open(t, dir, quick)}}
	})
}

type alternating struct {
	mu     sync.Mutex
	stores [2]session.Store
}

func (a *alternating) next() session.Store {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stores[0], a.stores[1] = a.stores[1], a.stores[0]
	return a.stores[0]
}

func (a *alternating) Load(ctx context.Context, key string) (session.Record, error) {
	return a.next().Load(ctx, key)
}

func (a *alternating) Create(ctx context.Context, rec session.Record) error {
	return a.next().Create(ctx, rec)
}

func (a *alternating) Save(ctx context.Context, old, new session.Record) error {
	return a.next().Save(ctx, old, new)
}

func (a *alternating) Delete(ctx context.Context, key string) error {
	return a.next().Delete(ctx, key)
}

func (a *alternating) ClearExpired(ctx context.Context, now time.Time) (int, error) {
	return a.next().ClearExpired(ctx, now)
}

func (*alternating) Close() error { return nil }

// TestFilesAreTheOwnersOnly: 0600 in a folder of 0700, whatever the umask.
func TestFilesAreTheOwnersOnly(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	dir := folder(t)
	s := open(t, dir, nil)
	create(t, s, record(1))
	for name, want := range map[string]os.FileMode{dir: 0o700, path(dir, record(1)): 0o600} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", name, info.Mode(), err, want)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", e.Name(), info.Mode(), err)
		}
	}
}

func TestFolderThatIsRefused(t *testing.T) {
	shared := t.TempDir()
	if err := os.Chmod(shared, 0o777); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		dir  string
		o    filestore.Options
		want string
	}{
		{shared, filestore.Options{}, "chmod 700"},
		{shared, filestore.Options{AllowSharedFolder: true}, "not sticky"},
		{file, filestore.Options{}, "is not a folder"},
		{filepath.Join(shared, "no", "such"), filestore.Options{}, "no such file"},
		{shared, filestore.Options{Prefix: "../x"}, "Options.Prefix"},
	} {
		_, err := filestore.New(c.dir, &c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.dir, err, c.want)
		}
	}
	if err := os.Chmod(shared, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	open(t, shared, &filestore.Options{AllowSharedFolder: true})
}

// TestForeignFilesAreRefused: links, pipes, folders and files with two names
// are errors, which do not wait and do not show the key.
func TestForeignFilesAreRefused(t *testing.T) {
	dir := folder(t)
	s := open(t, dir, quick)
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.WriteFile(elsewhere, []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, plant := range map[string]func(path string) error{
		"link":        func(path string) error { return os.Symlink(elsewhere, path) },
		"link inside": func(path string) error { return os.Symlink("other", path) },
		"second name": func(path string) error { return os.Link(elsewhere, path) },
		"pipe":        func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"folder":      func(path string) error { return os.Mkdir(path, 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(filepath.Join(dir, "other"), []byte("data"), 0o600); err != nil {
				t.Fatal(err)
			}
			rec := record(1)
			if err := plant(path(dir, rec)); err != nil {
				t.Fatal(err)
			}
			defer os.Remove(path(dir, rec))
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			got, err := s.Load(ctx, rec.Key)
			for doing, err := range map[string]error{
				"Load": err, "Save": s.Save(ctx, rec, rec), "Create": s.Create(ctx, rec),
			} {
				if err == nil || errors.Is(err, session.ErrNotFound) || strings.Contains(err.Error(), rec.Key) {
					t.Errorf("%s: %q, error %v", doing, got.Data, err)
				}
			}
			if n, err := s.ClearExpired(ctx, time.Now().Add(1000*time.Hour)); n != 0 || err != nil {
				t.Errorf("ClearExpired: %d, %v", n, err)
			}
			if text, err := os.ReadFile(elsewhere); err != nil || string(text) != "data" {
				t.Errorf("the file elsewhere is %q, %v", text, err)
			}
		})
	}
}

func TestMalformedKeysAreNotPaths(t *testing.T) {
	s := open(t, folder(t), quick)
	for _, key := range []string{"", "../../../etc/passwd", "abcdefgh/../../x", "abcdefgh\x00", "ABCDEFGHIJ"} {
		if _, err := s.Load(t.Context(), key); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("Load of %q: %v", key, err)
		}
		if err := s.Delete(t.Context(), key); !errors.Is(err, session.ErrNotFound) {
			t.Errorf("Delete of %q: %v", key, err)
		}
	}
}

// TestFullDisk: the old record stays, and the error says so. A limit on the
// size of files, in a process of its own, is a disk that is full.
func TestFullDisk(t *testing.T) {
	if dir := os.Getenv("FILESTORE_TEST_FULL"); dir != "" {
		fullDisk(t, dir)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFullDisk$")
	cmd.Env = append(os.Environ(), "FILESTORE_TEST_FULL="+folder(t))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func fullDisk(t *testing.T, dir string) {
	s := open(t, dir, nil)
	rec := record(1)
	create(t, s, rec)
	limit := syscall.Rlimit{Cur: 1000, Max: 1000}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	large := rec
	large.Data = make([]byte, 2000)
	if err := s.Save(t.Context(), rec, large); err == nil || errors.Is(err, session.ErrNotFound) {
		t.Errorf("Save: %v", err)
	}
	other := record(2)
	other.Data = large.Data
	if err := s.Create(t.Context(), other); err == nil || errors.Is(err, session.ErrExists) {
		t.Errorf("Create: %v", err)
	}
	if got, err := s.Load(t.Context(), rec.Key); err != nil || string(got.Data) != "data" {
		t.Errorf("the old record is %q, %v", got.Data, err)
	}
	if _, err := s.Load(t.Context(), other.Key); !errors.Is(err, session.ErrNotFound) {
		t.Errorf("what could not be created: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "sessionid*"))
	if err != nil || len(files) != 1 {
		t.Errorf("it left %q, %v", files, err)
	}
}

const (
	processes = 3
	additions = 60 // by each process
)

// TestProcesses: several processes add to one record. No addition is lost.
func TestProcesses(t *testing.T) {
	if dir := os.Getenv("FILESTORE_TEST_DIR"); dir != "" {
		addMany(t, dir)
		return
	}
	dir := folder(t)
	counter := record(1)
	counter.Data = []byte("0")
	create(t, open(t, dir, nil), counter)
	var children []*exec.Cmd
	for range processes {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProcesses$")
		child.Env = append(os.Environ(), "FILESTORE_TEST_DIR="+dir)
		output := &strings.Builder{}
		child.Stdout, child.Stderr = output, output
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		children = append(children, child)
	}
	for _, child := range children {
		if err := child.Wait(); err != nil {
			t.Errorf("child: %v\n%s", err, child.Stdout)
		}
	}
	rec, err := open(t, dir, nil).Load(t.Context(), counter.Key)
	if want := fmt.Sprint(processes * additions); err != nil || string(rec.Data) != want {
		t.Errorf("the record holds %s, %v; want %s", rec.Data, err, want)
	}
}

func addMany(t *testing.T, dir string) {
	s := open(t, dir, quick)
	for done := 0; done < additions; {
		old, err := s.Load(t.Context(), record(1).Key)
		if err != nil {
			t.Fatal(err)
		}
		n, err := strconv.Atoi(string(old.Data))
		if err != nil {
			t.Fatal(err)
		}
		next := record(1)
		next.Data = []byte(strconv.Itoa(n + 1))
		switch err := s.Save(t.Context(), old, next); {
		case err == nil:
			done++
		case !errors.Is(err, session.ErrConflict):
			t.Fatal(err)
		}
	}
}

// TestKilledWriter: a process that is killed while it writes leaves whole
// records, and locks that others can take.
func TestKilledWriter(t *testing.T) {
	if dir := os.Getenv("FILESTORE_TEST_WRITER"); dir != "" {
		s := open(t, dir, quick)
		for old := record(1); ; {
			next := old
			next.Data = []byte(strings.Repeat(string(rune('a'+time.Now().UnixNano()%26)), 100_000))
			if err := s.Save(t.Context(), old, next); err != nil {
				if old, err = s.Load(t.Context(), old.Key); err != nil {
					t.Fatal(err)
				}
				continue
			}
			old = next
		}
	}
	dir := folder(t)
	s := open(t, dir, quick)
	create(t, s, record(1))
	for range 15 {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledWriter$")
		child.Env = append(os.Environ(), "FILESTORE_TEST_WRITER="+dir)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(40 * time.Millisecond)
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait()
		rec, err := s.Load(t.Context(), record(1).Key)
		if err != nil {
			t.Fatal(err)
		}
		if data := string(rec.Data); data != "data" && (len(data) != 100_000 || strings.Trim(data, data[:1]) != "") {
			t.Fatalf("a record of %d bytes is torn", len(data))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		if err := s.Save(ctx, rec, rec); err != nil {
			t.Errorf("Save: %v", err)
		}
		cancel()
	}
}

// TestLockIsNotWaitedForAfterTheContext ends.
func TestLockIsNotWaitedForAfterTheContext(t *testing.T) {
	dir := folder(t)
	s := open(t, dir, quick)
	create(t, s, record(1))
	locks, err := filepath.Glob(filepath.Join(dir, ".sessionid.lock.*"))
	if err != nil || len(locks) == 0 {
		t.Fatal(locks, err)
	}
	for _, name := range locks { // as another process would
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Save(ctx, record(1), record(1)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Save: %v", err)
	}
	if _, err := s.Load(t.Context(), record(1).Key); err != nil {
		t.Errorf("a reader needs a lock: %v", err)
	}
}

// TestClearing removes what has expired and what was left over, and nothing
// that is not named like a session.
func TestClearing(t *testing.T) {
	dir := folder(t)
	s := open(t, dir, quick)
	dead := record(2)
	dead.Expiry = time.Now().Add(-time.Minute)
	create(t, s, record(1))
	long := time.Now().Add(-2 * time.Hour)
	plant := func(name, text string, at time.Time) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
	key := func(c string) string { return "sessionid" + strings.Repeat(c, 32) }
	plant(key("d"), "data", time.Now().Add(-15*24*time.Hour))
	plant(key("e"), "", long)
	plant(key("f"), "", time.Now())
	plant(key("g")+"_out_abc", "half", long)
	plant(key("h")+"_out_abc", "half", time.Now())
	ancient := time.Now().Add(-1000 * time.Hour)
	foreign := []string{"sessionid", "sessionid.conf", "sessionidABC", "other" + strings.Repeat("d", 32), "README"}
	for _, name := range foreign {
		plant(name, "mine", ancient)
	}
	n, err := s.ClearExpired(t.Context(), time.Now())
	if n != 1 || err != nil {
		t.Errorf("ClearExpired: %d, %v, want the one session", n, err)
	}
	for name, want := range map[string]bool{
		key("d"): false, key("e"): false, key("f"): true, key("g") + "_out_abc": false, key("h") + "_out_abc": true,
	} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
			t.Errorf("%.14s: there %v, want %v", name, err == nil, want)
		}
	}
	for _, name := range foreign {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(text) != "mine" {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	if _, err := s.Load(t.Context(), record(1).Key); err != nil {
		t.Errorf("the live session: %v", err)
	}
}

// TestWithDjango: each reads, changes, ends and clears what the other wrote,
// and they agree on when it ends.
func TestWithDjango(t *testing.T) {
	dir := folder(t)
	codec := noerror.In(django.Signed(secrettest.Keys(siteKey)))
	m := noerror.In(session.New(open(t, dir, &filestore.Options{Codec: codec}), &session.Options{Codec: codec}))
	site := djangotest.Site(t, filepath.Join(t.TempDir(), "unused.db"), siteKey,
		`SESSION_ENGINE = "django.contrib.sessions.backends.file"`, fmt.Sprintf("SESSION_FILE_PATH = %q", dir))
	key := strings.TrimSpace(site.Run(`
from django.contrib.sessions.backends.file import SessionStore
s = SessionStore()
s["float"], s["n"] = 1.0, 1
s.save()
print(s.session_key)
`))
	s, err := m.ByKey(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	session.Item[int]("n").Update(s, 0, func(n int) int { return n + 1 })
	s.SetExpiry(time.Hour)
	s.CycleKey()
	if err := s.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	out := site.Run(fmt.Sprintf(`
from django.contrib.sessions.backends.file import SessionStore
s = SessionStore(%q)
print(s["float"], s["n"], s.get_expiry_age(), SessionStore(%q).get("n"))
del s["_session_expiry"]
s["theirs"] = True
s.save()
gone = SessionStore()
gone["x"] = 1
gone.set_expiry(-5)
gone.save()
`, s.Key(), key))
	if out != "1.0 2 3600 None\n" {
		t.Errorf("Django reads %q", out)
	}
	again, err := m.ByKey(t.Context(), s.Key())
	if err != nil || !session.Item[bool]("theirs").Get(again, false) {
		t.Fatalf("what Django saved: %v, %v", again.Names(), err)
	}
	if n, err := m.ClearExpired(t.Context()); n != 1 || err != nil {
		t.Errorf("ClearExpired: %d, %v; want the one of Django", n, err)
	}
	dead, err := m.ByKey(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	dead.SetExpiry(time.Second)
	if err := dead.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	again.Flush()
	if err := again.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
	if out := site.Run(fmt.Sprintf(`
from django.contrib.sessions.backends.file import SessionStore
print(dict(SessionStore(%q)))
`, s.Key())); out != "{}\n" {
		t.Errorf("after the logout Django reads %q", out)
	}
}

// TestIntegerExpiryAges: in Django's own engine it never does.
func TestIntegerExpiryAges(t *testing.T) {
	dir := folder(t)
	s := open(t, dir, &filestore.Options{Codec: noerror.In(django.Signed(secrettest.Keys(siteKey)))})
	data, err := noerror.In(django.Signed(secrettest.Keys(siteKey))).Encode([]byte(`{"_session_expiry":60}`))
	if err != nil {
		t.Fatal(err)
	}
	name := path(dir, record(1))
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(-59 * time.Second)
	for _, want := range []error{nil, session.ErrNotFound} {
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Load(t.Context(), record(1).Key); !errors.Is(err, want) {
			t.Errorf("saved at %v: %v, want %v", at, err, want)
		}
		at = at.Add(-2 * time.Second)
	}
}

func FuzzFolder(f *testing.F) {
	f.Add(strings.Repeat("k", 32), []byte("data"), int64(0))
	f.Add("abcdefgh_out_x", []byte{}, int64(-100000))
	f.Fuzz(func(t *testing.T, name string, content []byte, age int64) {
		if strings.ContainsAny(name, "/\x00") || len(name) > 200 {
			t.Skip()
		}
		dir := t.TempDir()
		s, err := filestore.New(dir, quick)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		file := filepath.Join(dir, "sessionid"+name)
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Skip()
		}
		at := time.Now().Add(time.Duration(age%1_000_000_000) * time.Second)
		_ = os.Chtimes(file, at, at)
		if _, err := s.ClearExpired(t.Context(), time.Now()); err != nil {
			t.Errorf("ClearExpired: %v", err)
		}
		rec, err := s.Load(t.Context(), name)
		if err == nil && string(rec.Data) != string(content) {
			t.Errorf("Load: %q of %q", rec.Data, content)
		}
		for _, err := range session.List(t.Context(), s) {
			if err != nil {
				t.Error(err)
			}
		}
	})
}
