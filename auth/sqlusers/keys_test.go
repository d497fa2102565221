package sqlusers

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/noerror"
)

// TestKeysAreDjangos: the text of a key is what Django's session holds, whatever spelling was given.
// What Django does not take is refused, and so are two forms of UUIDs that it takes: docs/decisions.md.
func TestKeysAreDjangos(t *testing.T) {
	var cases []struct {
		Type, Text, Session string
		Valid               bool
	}
	if err := json.Unmarshal(noerror.In(os.ReadFile("testdata/models/keys.json")), &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		valid := c.Valid && !strings.ContainsAny(c.Text, "{:")
		for kind, name := range keyTypes {
			if name != c.Type {
				continue
			}
			k := key{kind: kind, on: djangodb.SQLite}
			args, err := k.args(c.Text)
			if valid != (err == nil) {
				t.Errorf("%s %q: %v", name, c.Text, err)
			}
			if !valid {
				continue
			}
			if got := k.canonical(c.Text); got != c.Session {
				t.Errorf("%s %q is %q, want %q", name, c.Text, got, c.Session)
			}
			read := keyText{kind: kind}
			if err := read.Scan(args[0]); err != nil || read.text != c.Session {
				t.Errorf("%s %q is stored as %v, and read as %q", name, c.Text, args[0], read.text)
			}
		}
	}
}
