package sqlite

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jamsession/jamsession/internal/siteparts"
)

func openFile(t *testing.T, path string) *siteparts.Database {
	t.Helper()
	db, err := open(t.Context(), siteparts.Place{Path: path, Missing: siteparts.Make})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestSQLiteIsOpenedDurableWithOneWriterAndReaders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site.db")
	db := openFile(t, path)
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000",
	} {
		var got string
		if err := db.Writer.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, error %v; want %q", pragma, got, err, want)
		}
	}
	if n := db.Writer.Stats().MaxOpenConnections; n != 1 {
		t.Errorf("%d connections write", n)
	}
	if _, err := db.Writer.ExecContext(t.Context(), "CREATE TABLE a (b)"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Readers.ExecContext(t.Context(), "INSERT INTO a VALUES (1)"); err == nil {
		t.Error("a reader can write")
	}
	tx, err := db.Writer.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "INSERT INTO a VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.Readers.QueryRowContext(t.Context(), "SELECT count(*) FROM a").Scan(&n); err != nil || n != 0 {
		t.Errorf("beside a writer, a reader sees %d rows, error %v", n, err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// TestNewDatabaseFileIsAwaited while another program makes it, too: SQLite
// refuses it then, whatever busy_timeout says.
func TestNewDatabaseFileIsAwaited(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site.db")
	other, err := sql.Open("sqlite", path+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	tx, err := other.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, func() { _ = tx.Rollback() })
	openFile(t, path)
}

func TestNewDatabaseFileIsTheOwnersOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site.db")
	db := openFile(t, path)
	if _, err := db.Writer.ExecContext(t.Context(), "CREATE TABLE a (b)"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, error %v", name, info.Mode(), err)
		}
	}
}

func TestAnyFileNameCanBeADatabase(t *testing.T) {
	for _, name := range []string{
		"a b.db", "a?b.db", "a#b.db", "a%41b.db", "a&b=c.db", "ä.db", "a;b'c\".db", "file:a.db",
	} {
		path := filepath.Join(t.TempDir(), name)
		db := openFile(t, path)
		if _, err := db.Writer.ExecContext(t.Context(), "CREATE TABLE a (b)"); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		entries, err := os.ReadDir(filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), name) {
				t.Errorf("%q made a file %q", name, e.Name())
			}
		}
	}
}

func TestRelativeFileIsInTheWorkingDirectory(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	openFile(t, "site.db")
	if _, err := os.Stat(filepath.Join(dir, "site.db-wal")); err != nil {
		t.Error(err)
	}
}

func TestUnusableDatabaseIsOneClearLine(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ path, want string }{
		{filepath.Join(dir, "no", "site.db"), "no such file or directory"},
		{filepath.Join(text, "site.db"), "not a directory"},
		{text, text + " is not a SQLite database"},
		{dir, dir + " cannot be opened"},
	}
	if os.Getuid() != 0 {
		locked := filepath.Join(dir, "locked")
		if err := os.Mkdir(locked, 0o500); err != nil {
			t.Fatal(err)
		}
		tests = append(tests, struct{ path, want string }{
			filepath.Join(locked, "site.db"), "permission denied",
		})
	}
	for _, test := range tests {
		_, err := open(t.Context(), siteparts.Place{Path: test.path, Missing: siteparts.Make})
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") ||
			!strings.HasPrefix(err.Error(), "") {
			t.Errorf("%s: got error %v, want %q", test.path, err, test.want)
		}
	}
}

func TestReadOnlyFileIsRefusedAtTheStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site.db")
	db := openFile(t, path)
	if _, err := db.Writer.ExecContext(t.Context(), "CREATE TABLE a (b)"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Writer.ExecContext(t.Context(), "PRAGMA user_version = 7"); err != nil {
		t.Fatal(err)
	}
	if err := probe(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	var version int
	if err := db.Readers.QueryRowContext(t.Context(), "PRAGMA user_version").Scan(&version); err != nil || version != 7 {
		t.Errorf("after the probe user_version is %d, error %v", version, err)
	}
	_ = db.Close()
	pool, err := openPool(path, 1, "mode=ro&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	ro := &siteparts.Database{Writer: pool, Readers: pool}
	err = probe(t.Context(), ro)
	if err == nil {
		t.Fatal("no error")
	}
	if err = explain(path, err); !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("got error %v", err)
	}
	_ = ro.Close()
}
