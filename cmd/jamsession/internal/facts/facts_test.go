package facts_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/cmd/jamsession/internal/facts"
)

// stock are the facts of a site as startproject makes it.
func stock(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("../../testdata/facts/stock.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestLinesAroundFactsAreIgnored: shells and settings modules print, too, and a later
// script knows more.
func TestLinesAroundFactsAreIgnored(t *testing.T) {
	text := "5 objects imported automatically\n{not json}\n>>> " +
		strings.Replace(stock(t), `"python"`, `"weather": {"sun": [1]}, "python"`, 1) + "\n>>> now exiting\n"
	f, err := facts.Parse([]byte(text))
	if err != nil || f.User.Table != "auth_user" || f.Session.Base != "db" || f.Hashers[0].Iterations != 260_000 {
		t.Errorf("%+v, %v", f, err)
	}
}

// TestWrongFactsAreRefused, with the name of what is wrong and nothing of its value.
func TestWrongFactsAreRefused(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{`"facts": 1`, `"facts": 2`, "another version"},
		{`"table": "auth_user"`, `"table": 7`, "user.table is of another type: number"},
		{`"null": false`, `"null": "do-not-show"`, "user.columns.null is of another type: string"},
		{`"secret_key_fallbacks": 0`, `"secret_key_fallbacks": ["do-not-show"]`, "secret_key_fallbacks is of another type: array"},
		{`"user": {`, `"user": null, "problems": {"user_facts": "LookupError"}, "x": {`, "user is missing (LookupError)"},
		{`"session": {`, `"session": null, "x": {`, "session is missing"},
		{`"problems": {}`, `"problems": {`, "cut off"},
		{`"installed"`, `installed`, "not JSON"},
	} {
		text := strings.Replace(stock(t), c.from, c.to, 1)
		_, err := facts.Parse([]byte(text))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "do-not-show") {
			t.Errorf("%s: %v, want %s", c.to, err, c.want)
		}
	}
	if _, err := facts.Parse([]byte("SECRET_KEY = 'x'")); !errors.Is(err, facts.ErrNoFacts) {
		t.Errorf("no facts: %v", err)
	}
	if _, err := facts.ReadInput(strings.NewReader(strings.Repeat(" ", 17<<20))); err == nil {
		t.Error("an endless input is read")
	}
}

// FuzzParse: no input makes it panic, and what it takes can be compared.
func FuzzParse(f *testing.F) {
	names, err := filepath.Glob("../../testdata/facts/*.json")
	if err != nil || len(names) == 0 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"facts": 1, "settings": {}, "user": {}, "session": {}, "database": {}, "hashers": [null]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		found, err := facts.Parse(text)
		if err == nil && found.AsSettings() == nil {
			t.Error("no settings")
		}
	})
}

// TestScriptIsForOldPythons: no syntax newer than 3.6, no line that an interactive shell
// would take for the end of a function, and no line wider than the others.
func TestScriptIsForOldPythons(t *testing.T) {
	inside := false
	for i, line := range strings.Split(strings.TrimSuffix(facts.Script, "\n"), "\n") {
		indented := strings.HasPrefix(line, " ")
		if line == "" {
			inside = false
		} else if indented && !inside && !strings.HasPrefix(strings.TrimSpace(line), "#") {
			t.Errorf("line %d follows an empty line inside of a block: %s", i+1, line)
		} else {
			inside = true
		}
		if len(line) > 120 || strings.Contains(line, ":=") || strings.Contains(line, "match ") {
			t.Errorf("line %d: %s", i+1, line)
		}
	}
}
