package django

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/servertest"
)

// A side is one of the two sites.
type side struct {
	name  string
	url   string
	major int // version of Django
	minor int
	log   *buffer // what Django wrote to its standard error
}

func (s *side) String() string { return s.name }

// versionOfDjango returns its major and minor version.
func versionOfDjango(t *testing.T) [2]int {
	t.Helper()
	v, err := version(djangotest.Python(t))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func version(python string) (v [2]int, err error) {
	cmd := exec.Command(python, "-c", "import django; print(*django.VERSION[:2])")
	cmd.Dir = os.TempDir() // here, a folder named django would be imported
	out, err := cmd.Output()
	if err != nil {
		return v, err
	}
	_, err = fmt.Sscan(string(out), &v[0], &v[1])
	return v, err
}

// python returns a command that runs a program of the site with settings.
func python(t *testing.T, settings map[string]any, args ...string) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(djangotest.Python(t), args...)
	cmd.Dir = filepath.Join("testdata", "site")
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1",
		"SITE_SETTINGS="+string(text), fmt.Sprintf("SITE_ITERATIONS=%d", iterations))
	return cmd
}

// startDjango runs the Django site until the test ends.
func startDjango(t *testing.T, settings map[string]any, env ...string) *side {
	t.Helper()
	needModules(t, settings)
	cmd := python(t, settings, "serve.py")
	cmd.Env = append(cmd.Env, env...)
	s := &side{name: "Django", log: new(buffer)}
	cmd.Stderr = s.log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("Django does not start: %v\n%s", err, s.log.end())
	}
	var port int
	if _, err := fmt.Sscan(line, &port, &s.major, &s.minor); err != nil {
		t.Fatal(err)
	}
	s.url = fmt.Sprintf("http://127.0.0.1:%d", port)
	return s
}

// needModules skips the test if Python lacks what the settings need.
func needModules(t *testing.T, settings map[string]any) {
	t.Helper()
	text := fmt.Sprint(settings)
	for mark, modules := range map[string]string{
		"django_redis": "django_redis", "backends.redis": "redis", "PyMemcache": "pymemcache",
		"PyLibMC": "pylibmc",
		"msgpack": "msgpack", "lz4": "lz4", "zstd": "pyzstd zstandard",
		"postgresql": "psycopg2 psycopg", "mysql": "MySQLdb",
	} {
		if strings.Contains(text, mark) && !hasOneOf(t, strings.Fields(modules)) {
			servertest.Missing(t, "Python module "+modules)
		}
	}
}

func hasOneOf(t *testing.T, modules []string) bool {
	t.Helper()
	return slices.ContainsFunc(modules, func(module string) bool {
		cmd := exec.Command(djangotest.Python(t), "-c", "import "+module)
		cmd.Dir = os.TempDir()
		return cmd.Run() == nil
	})
}

// A buffer is safe for concurrent use.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer

	awaited string        // closes seen when it is written; empty is nothing
	seen    chan struct{} // nil if nothing is awaited
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, err := b.text.Write(p)
	if b.awaited != "" && bytes.Contains(b.text.Bytes(), []byte(b.awaited)) {
		b.awaited = ""
		close(b.seen)
	}
	return n, err
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// end returns the last lines.
func (b *buffer) end() string {
	text := b.String()
	return text[max(0, len(text)-3000):]
}
