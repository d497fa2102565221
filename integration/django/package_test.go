package django

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/djangotest"
	"github.com/jamsession/jamsession/internal/servertest"
)

// pythonPackage is where the session engines for Django are.
const pythonPackage = "../../contrib/python"

// TestPackage runs the tests of the package with each Django that is there, each on
// another database and another cache.
func TestPackage(t *testing.T) {
	for _, run := range []struct {
		name, django string // its version; empty is the machine's own
		on           func(*testing.T) place
	}{
		{"SQLite and django-redis", "", with(onSQLite, onDjangoRedis("msgpack.MSGPack", "zlib.Zlib"))},
		{"PostgreSQL and pymemcache", "", with(onPostgres, onMemcached)},
		{"MariaDB and pylibmc", "", with(onMariaDB, onPyLibMC)},
		{"Django 4.2", "4.2", with(onSQLite, onDjangoRedis("json.JSON", "identity.Identity"))},
		{"Django 5.2", "5.2", with(onPostgres, onRedisBy("django.core.cache.backends.redis.RedisCache"))},
	} {
		python, ok := interpreter(t, run.django)
		if !ok {
			fmt.Printf(tableRow, run.name, "jamsession_sessions", absent, absent)
			continue
		}
		t.Run(run.name, func(t *testing.T) {
			t.Parallel()
			tryPackage(t, python, run.on(t))
		})
	}
}

// TestPackagePassesDjangosOwnTests runs Django's own tests of sessions, which .ci/aside
// fetches, with the engines of the package. The program lists what deliberately differs.
func TestPackagePassesDjangosOwnTests(t *testing.T) {
	v := versionOfDjango(t)
	for _, run := range []struct {
		django string
		on     func(*testing.T) place
	}{
		{"", onMemcached},
		{"4.2", onPyLibMC},
		{"5.2", onRedisBy("django.core.cache.backends.redis.RedisCache")},
	} {
		version := cmp.Or(run.django, fmt.Sprintf("%d.%d", v[0], v[1]))
		python, ok := interpreter(t, run.django)
		tests, err := filepath.Abs(servertest.Aside("django-" + version + "-tests"))
		if _, statErr := os.Stat(tests); !ok || err != nil || statErr != nil {
			fmt.Printf(tableRow, "Django "+version, "its own tests", absent, absent)
			continue
		}
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			at := with(onSQLite, run.on)(t)
			needModules(t, at.django)
			out := runPackage(t, python, at, "django_own.py", tests)
			if ran := regexp.MustCompile(`Ran (\d+) tests`).FindStringSubmatch(out); ran == nil || len(ran[1]) < 3 {
				t.Errorf("hardly a test of Django's ran:\n%s", out)
			}
		})
	}
}

func tryPackage(t *testing.T, python string, at place) {
	needModules(t, at.django)
	out := runPackage(t, python, at, "run.py")
	if !strings.Contains(out, "\nOK\n") { // "OK (skipped=1)" says that something was left out
		t.Errorf("not all was tried:\n%s", out)
	}
}

// interpreter returns the Python of a version of Django, and whether it is there.
func interpreter(t *testing.T, django string) (python string, ok bool) {
	t.Helper()
	if django == "" {
		return djangotest.Python(t), true
	}
	python = servertest.Aside("django-" + django + "/python")
	_, err := os.Stat(python)
	return python, err == nil
}

// runPackage runs a program of the package's tests at a place, and returns what it says.
func runPackage(t *testing.T, python string, at place, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), python, append([]string{program}, args...)...)
	cmd.Dir = filepath.Join(pythonPackage, "tests")
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1",
		"DATABASE="+setting(t, at, "DATABASES", filepath.Join(t.TempDir(), "tests.db")),
		"CACHE="+setting(t, at, "CACHES", ""))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
	return string(out)
}

// setting returns the default of a setting with several, as JSON. The database of tests is
// a file, if the other one is, so that several threads can use it.
func setting(t *testing.T, at place, name, file string) string {
	t.Helper()
	all, ok := at.django[name].(map[string]any)
	if !ok {
		t.Fatalf("no %s", name)
	}
	value, ok := all["default"].(map[string]any)
	if !ok {
		t.Fatalf("no default of %s", name)
	}
	if engine, _ := value["ENGINE"].(string); strings.HasSuffix(engine, "sqlite3") {
		value["TEST"] = map[string]any{"NAME": file}
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func onRedisBy(backend string) func(*testing.T) place {
	return func(t *testing.T) place {
		url := "redis://" + servertest.Redis(t).Addr + "/0"
		return cache(url, backend, url)
	}
}

// onDjangoRedis names a serializer and a compressor of django-redis.
func onDjangoRedis(serializer, compressor string) func(*testing.T) place {
	return func(t *testing.T) place {
		at := onRedisBy("django_redis.cache.RedisCache")(t)
		caches := at.django["CACHES"].(map[string]any)["default"].(map[string]any)
		caches["OPTIONS"] = map[string]any{
			"SERIALIZER": "django_redis.serializers." + serializer + "Serializer",
			"COMPRESSOR": "django_redis.compressors." + compressor + "Compressor",
		}
		return at
	}
}

func onPyLibMC(t *testing.T) place {
	at := servertest.Memcached(t).Addr
	return cache("memcached://"+at, "django.core.cache.backends.memcached.PyLibMCCache", at)
}
