package sharing

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/facts"
	"github.com/jamsession/jamsession/internal/conf"
)

// refusedDomain is the file of a site with a domain that browsers refuse.
func refusedDomain(t *testing.T) File {
	t.Helper()
	f := goodFacts(t)
	f.Settings["SESSION_COOKIE_DOMAIN"] = "localhost:8000"
	f.Settings["SESSION_COOKIE_NAME"] = "sid"
	file, err := NewFile(FromFacts(f), "")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestFileLeavesOutWhatIsNotTaken, and says so; what remains is valid.
func TestFileLeavesOutWhatIsNotTaken(t *testing.T) {
	file := refusedDomain(t)
	if strings.Contains(file.Text, "8000") || !strings.Contains(file.Text, `SESSION_COOKIE_NAME = "sid"`) {
		t.Errorf("the file is\n%s", file.Text)
	}
	if !strings.Contains(ids(file.Findings), "W192") {
		t.Errorf("found %v", file.Findings)
	}
}

// TestFileHasNoSecret: neither that of a key nor of a URL, which diffsettings shows.
func TestFileHasNoSecret(t *testing.T) {
	for _, c := range []testCase{
		{django: append(cacheThere, "DATABASES", server, "SECRET_KEY", "'do-not-show'")},
		{django: append(cacheThere[:3:3], strings.Replace(redis(""), "u:do-not-show@", "do-not-show@", 1))},
	} {
		file, err := NewFile(c.site(t), "")
		if err != nil || strings.Contains(file.Text, "do-not-show") || !strings.Contains(file.Text, "127.0.0.1") {
			t.Errorf("%v:\n%s", err, file.Text)
		}
	}
}

// TestFileNamesTheSocketOfAnyPort: PostgreSQL's socket has the port in its name.
func TestFileNamesTheSocketOfAnyPort(t *testing.T) {
	f := goodFacts(t)
	*f.Database = facts.Database{
		Alias: "default", Vendor: "postgresql", Engine: "django.db.backends.postgresql",
		Name: "site", Host: "/run/postgresql", Port: "5433", Schemas: []string{"public"},
	}
	file, err := NewFile(FromFacts(f), "")
	const want = `DATABASE_URL = "postgres:///site?host=%2Frun%2Fpostgresql&port=5433"`
	if err != nil || !strings.Contains(file.Text, want) {
		t.Errorf("%v: the file is\n%s", err, file.Text)
	}
}

// TestFileTakesOnlyBackendsThatFindTheSameUsers: what another one looks at, nobody would
// look at here.
func TestFileTakesOnlyBackendsThatFindTheSameUsers(t *testing.T) {
	f := goodFacts(t)
	f.Backends = append(f.Backends, &facts.Backend{Class: "a.Same", SameUsers: true}, &facts.Backend{Class: "a.Own"}, nil)
	file, err := NewFile(FromFacts(f), "")
	if err != nil || !strings.Contains(file.Text, `"a.Same"`) || strings.Contains(file.Text, "a.Own") {
		t.Errorf("%v in\n%s", err, file.Text)
	}
}

// hostile is a text that would add a line to a file, or end a string, if it were not quoted.
const hostile = "x\"\nSECURE_SSL_REDIRECT = true\n#\\`'$(id)\r\u202e\x7f\x00"

// TestHostileFactsAddNoLine: each text of the facts in turn, and then all, cannot become
// anything but the value that it is.
func TestHostileFactsAddNoLine(t *testing.T) {
	text, err := os.ReadFile("../../testdata/facts/cookiecutter.json")
	if err != nil {
		t.Fatal(err)
	}
	var whole any
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatal(err)
	}
	places := 0
	poison(whole, func(set func(any), old any) {
		places++
		set(hostile)
		tryHostile(t, whole)
		set(old)
	})
	if places < 50 {
		t.Errorf("%d places", places)
	}
	poison(whole, func(set func(any), _ any) { set(hostile) })
	tryHostile(t, whole)
}

// poison calls f for each text in a value.
func poison(v any, f func(set func(any), old any)) {
	each := func(child any, set func(any)) {
		if _, ok := child.(string); ok {
			f(set, child)
			return
		}
		poison(child, f)
	}
	switch v := v.(type) {
	case map[string]any:
		for name, child := range v {
			each(child, func(x any) { v[name] = x })
		}
	case []any:
		for i, child := range v {
			each(child, func(x any) { v[i] = x })
		}
	}
}

func tryHostile(t *testing.T, whole any) {
	t.Helper()
	text, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	f, err := facts.Parse(text)
	if err != nil {
		return
	}
	file, err := NewFile(FromFacts(f), "")
	if err != nil {
		t.Errorf("no file: %v", err)
		return
	}
	for _, finding := range file.Findings {
		noExtraLine(t, strings.ReplaceAll(finding.Paste, "// Go\n", "# Go\n"))
	}
	noExtraLine(t, file.Text)
	if _, err := conf.Load(conf.Sources{File: write(t, file.Text)}); err != nil {
		t.Errorf("%v in\n%s", err, file.Text)
	}
}

// noExtraLine: the hostile text is nowhere as it is. Go and Python escape it as TOML does.
func noExtraLine(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "SECURE_SSL_REDIRECT = ") || strings.ContainsAny(line, "\r\x00\u202e") {
			var values map[string]any
			if _, err := toml.Decode(line, &values); err != nil || !reflect.DeepEqual(values, map[string]any{
				"SECURE_SSL_REDIRECT": true,
			}) || strings.Count(text, "SECURE_SSL_REDIRECT") > 1 {
				t.Errorf("%q in\n%s", line, text)
			}
		}
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), conf.DefaultFile)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
