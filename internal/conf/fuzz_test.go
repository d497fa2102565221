package conf

import (
	"path/filepath"
	"strings"
	"testing"
)

// FuzzEnvironment checks that no text from the environment makes a panic, an
// error that shows a secret, or settings that a second reading refuses.
func FuzzEnvironment(f *testing.F) {
	for i, t := range table {
		f.Add(uint(i), t.Default)
		f.Add(uint(i), "true")
		f.Add(uint(i), "-1,  ,\x00")
	}
	f.Add(uint(12), "None")
	f.Add(uint(27), "HTTP_X_FORWARDED_PROTO,https")
	f.Fuzz(func(t *testing.T, i uint, text string) {
		set := table[i%uint(len(table))]
		s, err := Load(Sources{Flags: map[string]string{set.Name: text}})
		if err == nil && s == nil || err != nil && s != nil {
			t.Fatalf("%s: settings %v and error %v", set.Name, s, err)
		}
		if err == nil {
			return
		}
		if !strings.Contains(err.Error(), set.Name) {
			t.Errorf("%s: the error does not name it: %v", set.Name, err)
		}
		if len(err.Error()) > 1000 {
			t.Errorf("%s: an error of %d bytes", set.Name, len(err.Error()))
		}
	})
}

// FuzzFile checks that no file makes a panic, and that what was read is known.
func FuzzFile(f *testing.F) {
	f.Add("SECRET_KEY = \"a\"\nSESSION_COOKIE_AGE = 1\n")
	f.Add("CSRF_TRUSTED_ORIGINS = [\"https://a.example\", 1, [2]]\n")
	f.Add("[table]\na = 1979-05-27T07:32:00Z\n")
	f.Add("SESSION_COOKIE_SECURE = {a = [nan, inf]}\nA.B = 1")
	f.Add("SECRET_KEY = hunter2")
	f.Fuzz(func(t *testing.T, text string) {
		file, problems := parseFile("f.toml", text)
		if len(problems) > 0 {
			return
		}
		for name, v := range file {
			set, ok := lookup(name)
			if !ok {
				t.Fatalf("%q passed", name)
			}
			_ = set.set(new(Settings), value{v})
		}
	})
}

// FuzzDatabaseURL checks that a path that is accepted is one file, and that
// an error never shows the URL.
func FuzzDatabaseURL(f *testing.F) {
	f.Add("postgres://u:p@%2Frun%2Fx/db?max_conns=3")
	for _, seed := range []string{
		"sqlite:///db.sqlite3", "sqlite:////var/lib/db.sqlite3", "sqlite:///a%20b%3F.db",
		"sqlite:///:memory:", "sqlite://host/x", "postgres://u:hunter2@h/db", "sqlite:///%zz", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := parseDatabaseURL(raw)
		path := u.Path
		if err == nil && u.Scheme != "sqlite" {
			if u.Server.Name == "" || u.Server.MaxConns < 1 || u.Server.Socket == "" && u.Server.Host == "" {
				t.Errorf("%q: %+v", raw, u.Server)
			}
			return
		}
		if err != nil {
			_, secret, ok := strings.Cut(raw, "://")
			if ok && len(secret) > 24 && strings.Contains(err.Error(), secret) {
				t.Errorf("the error shows the URL: %v", err)
			}
			return
		}
		if path == "" || strings.ContainsRune(path, 0) || filepath.Base(path) == "/" {
			t.Errorf("%q: path %q", raw, path)
		}
	})
}
