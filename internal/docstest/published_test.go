package docstest

import (
	"archive/zip"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const libraryPath = "github.com/jamsession/jamsession"

// libraryVersion is newer than any other. It differs each time, since the go command
// remembers which files a version has.
var libraryVersion = "v0.999." + strconv.FormatInt(time.Now().UnixMilli(), 10)

// published returns an environment in which the go command finds the tree as the newest
// version of the library, and everything else where it usually does.
func published(t *testing.T) []string {
	t.Helper()
	proxy := t.TempDir()
	at := filepath.Join(proxy, libraryPath, "@v")
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	info, err := json.Marshal(map[string]any{"Version": libraryVersion, "Time": time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"list": libraryVersion + "\n", libraryVersion + ".info": string(info), libraryVersion + ".mod": read(t, "go.mod"),
	} {
		if err := os.WriteFile(filepath.Join(at, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	zipTree(t, filepath.Join(at, libraryVersion+".zip"))
	out, err := exec.Command("go", "env", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	cache, usual, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	t.Cleanup(func() { forget(t, cache) })
	return append(os.Environ(),
		"GOPROXY=file://"+proxy+",file://"+cache+"/cache/download,"+usual,
		"GONOSUMDB="+libraryPath, "GOFLAGS=-modcacherw -ldflags=-s", "GOWORK=off")
}

// forget removes the library, which was never published, from the cache of modules.
func forget(t *testing.T, cache string) {
	for _, folder := range []string{libraryPath + "@" + libraryVersion, "cache/download/" + libraryPath} {
		if err := os.RemoveAll(filepath.Join(cache, folder)); err != nil {
			t.Error(err)
		}
	}
}

// zipTree makes the zip of the module: what is in the tree, without other modules.
func zipTree(t *testing.T, name string) {
	t.Helper()
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	archive := zip.NewWriter(file)
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		if d.IsDir() {
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil || d.Name() == ".git" {
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		return zipFile(archive, libraryPath+"@"+libraryVersion+"/"+filepath.ToSlash(rel), path)
	})
	if err == nil {
		err = archive.Close()
	}
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func zipFile(archive *zip.Writer, name, path string) error {
	to, err := archive.Create(name)
	if err != nil {
		return err
	}
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	_, err = io.Copy(to, from)
	return err
}

// A shell runs commands in a folder, as somebody would who has only Go.
type shell struct {
	t   *testing.T
	dir string
	env []string
}

func (s shell) command(ctx context.Context, line string) *exec.Cmd {
	words := strings.Fields(line)
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Dir, cmd.Env = s.dir, s.env
	return cmd
}

func (s shell) run(line string) string {
	s.t.Helper()
	out, err := s.command(s.t.Context(), line).CombinedOutput()
	if err != nil {
		s.t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return string(out)
}

// answers starts a program of the folder on a port, and returns what it answers.
func (s shell) answers(env ...string) string {
	s.t.Helper()
	s.run("go build -o program .")
	cmd := s.command(s.t.Context(), "./program")
	cmd.Env = append(slices.Clone(s.env), env...)
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		resp, err := http.Get("http://" + strings.TrimPrefix(env[0], "ADDR=") + "/")
		if err == nil {
			text, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			return string(text)
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.t.Fatal("the program does not listen")
	return ""
}

// freeAddr returns an address of this machine that nobody listens on.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// TestReadmeWordForWord: the commands beside the smallest program, as a stranger gives
// them in an empty folder.
func TestReadmeWordForWord(t *testing.T) {
	env := published(t)
	_, rest, _ := strings.Cut(read(t, "README.md"), "In an empty folder, with this program")
	commands := regexp.MustCompile("(?s)```sh\n(.*?)```").FindStringSubmatch(rest)
	if commands == nil || !strings.HasSuffix(commands[1], "\ngo run .\n") {
		t.Fatalf("README.md does not end with go run: %q", commands)
	}
	s := shell{t, t.TempDir(), env}
	addr := freeAddr(t)
	program := strings.Replace(readmeProgram(t), "127.0.0.1:8000", addr, 1)
	if err := os.WriteFile(filepath.Join(s.dir, "main.go"), []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(strings.TrimSuffix(commands[1], "go run .\n")) {
		s.run(line)
	}
	if got := s.answers("ADDR=" + addr); !strings.Contains(got, "This is visit number 1.") {
		t.Errorf("the program answers %q", got)
	}

	t.Run("init", func(t *testing.T) { initWordForWord(t, env) })
}

// initWordForWord: the first commands of docs/login.md make a site that runs, and whose
// tests pass; a second time they overwrite nothing.
func initWordForWord(t *testing.T, env []string) {
	s := shell{t, t.TempDir(), env}
	initLine := "go run " + libraryPath + "/cmd/jamsession@latest init"
	if !strings.Contains(read(t, "docs/login.md"), initLine) {
		t.Errorf("docs/login.md does not have %s", initLine)
	}
	out := s.run(initLine + " site")
	if !strings.Contains(out, "go tool jamsession createsuperuser") {
		t.Errorf("init does not say how to go on:\n%s", out)
	}
	s.dir = filepath.Join(s.dir, "site")
	s.run("go vet .")
	s.run("go test .")
	if out := s.run("go tool jamsession migrate"); !strings.Contains(out, "auth.0001_initial") {
		t.Errorf("migrate prints\n%s", out)
	}
	s.env = append(s.env, "SECRET_KEY=", "JAMSESSION_SUPERUSER_PASSWORD=correct-horse-battery")
	if out := s.run("go tool jamsession createsuperuser --noinput --username ann"); !strings.Contains(out, "ann created") {
		t.Errorf("createsuperuser prints\n%s", out)
	}
	if got := s.answers("ADDR=" + freeAddr(t)); !strings.Contains(got, "<h1>Hello.</h1>") {
		t.Errorf("the site answers\n%s", got)
	}
	again, err := s.command(t.Context(), "go tool jamsession init").CombinedOutput()
	if err == nil || !strings.Contains(string(again), "nothing is overwritten") {
		t.Errorf("a second time: %v\n%s", err, again)
	}
}
