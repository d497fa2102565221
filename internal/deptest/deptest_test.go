// Package deptest tests which package may depend on which.
package deptest

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/jamsession/jamsession"

// drivers register themselves with database/sql. A program must choose its
// driver itself, so a library package that links one takes the choice away.
var drivers = []string{
	"modernc.org/sqlite",
	"github.com/ncruces/go-sqlite3",
	"github.com/mattn/go-sqlite3",
	"github.com/jackc/pgx/v5/stdlib",
	"github.com/lib/pq",
	"github.com/go-sql-driver/mysql",
}

// mayLinkDriver are the parts of the module that are programs, open sites for them,
// or are for tests. A program that imports pgstore has chosen pgx.
var mayLinkDriver = []string{"site", "pgstore", "cmd", "examples", "internal/silentdb"}

// A pkg is what the go command says of a package.
type pkg struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Deps       []string
}

// list returns the packages that match the patterns, by their import paths.
func list(t *testing.T, args ...string) map[string]pkg {
	t.Helper()
	args = append([]string{"list", "-json=ImportPath,Standard,Imports,Deps"}, args...)
	out, err := exec.Command("go", args...).Output()
	if err != nil {
		t.Fatalf("go %v: %v", args, err)
	}
	pkgs := make(map[string]pkg)
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return pkgs
		}
		if err != nil {
			t.Fatal(err)
		}
		pkgs[p.ImportPath] = p
	}
}

func within(path string, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool {
		return path == module+"/"+dir || strings.HasPrefix(path, module+"/"+dir+"/")
	})
}

func TestOnlyProgramsAndSiteLinkADatabaseDriver(t *testing.T) {
	linked := false
	for path, p := range list(t, module+"/...") {
		for _, driver := range drivers {
			if !slices.Contains(p.Deps, driver) {
				continue
			}
			linked = true
			if !within(path, mayLinkDriver) {
				t.Errorf("%s links %s", path, driver)
			}
		}
	}
	if !linked {
		t.Error("no package links any of the known drivers: the list is out of date")
	}
}

// TestASiteLinksOnlyWhatItImports: no driver brings another one, or a cache's
// client or compressor, and package settings brings none at all.
func TestASiteLinksOnlyWhatItImports(t *testing.T) {
	clients := []string{
		"modernc.org/sqlite", "github.com/jackc/pgx/v5", "github.com/go-sql-driver/mysql",
		"github.com/redis/rueidis", "github.com/bradfitz/gomemcache/memcache",
		"github.com/pierrec/lz4/v4", "github.com/ulikunitz/xz/lzma", "github.com/klauspost/compress/zstd",
	}
	own := map[string]string{
		"settings": "", "internal/siteparts": "",
		"site/sqlite": clients[0], "site/postgres": clients[1], "site/mysql": clients[2],
		"site/redis": clients[3], "site/memcached": clients[4],
		"site/lz4": clients[5], "site/lzma": clients[6], "site/zstd": clients[7],
	}
	pkgs := list(t, module+"/...")
	for path, client := range own {
		deps := pkgs[module+"/"+path].Deps
		for _, c := range clients {
			if got, want := slices.Contains(deps, c), c == client; got != want {
				t.Errorf("%s links %s: %t, want %t", path, c, got, want)
			}
		}
	}
	for _, c := range clients {
		if !slices.Contains(pkgs[module+"/site/all"].Deps, c) {
			t.Errorf("site/all does not link %s", c)
		}
	}
}

func TestSessionImportsTheStandardLibraryAndOwnPackagesOnly(t *testing.T) {
	const path = module + "/session"
	pkgs := list(t, "-deps", path)
	if len(pkgs[path].Imports) == 0 {
		t.Fatal("go list found no imports")
	}
	for dep, p := range pkgs {
		if dep != path && !p.Standard && !within(dep, []string{"internal", "cookie"}) {
			t.Errorf("session depends on %s", dep)
		}
	}
}

// TestOldCryptIsLinkedOnlyWhereItIsImported: what reads crypt(3) comes with package
// legacy, and with site/all.
func TestOldCryptIsLinkedOnlyWhereItIsImported(t *testing.T) {
	const dependency, reader = "github.com/sergeymakinen/go-crypt", module + "/auth/password/legacy"
	pkgs := list(t, module+"/...")
	if !slices.Contains(pkgs[reader].Deps, dependency) {
		t.Fatalf("%s does not need %s: this test is out of date", reader, dependency)
	}
	for path, p := range pkgs {
		asks := path == reader || slices.Contains(p.Deps, reader)
		if slices.Contains(p.Deps, dependency) && !asks {
			t.Errorf("%s links %s", path, dependency)
		}
		public := within(path, []string{"session", "auth", "csrf", "messages", "django", "settings", "site"})
		if asks && public && path != reader && path != module+"/site/all" {
			t.Errorf("%s links %s", path, reader)
		}
	}
}
