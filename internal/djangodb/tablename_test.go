package djangodb_test

import (
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/djangodb"
)

func TestTableNames(t *testing.T) {
	for text, want := range map[string]string{
		"crew_session":          `"crew_session"`,
		"crew session":          `"crew session"`,
		"app.crew_session":      `"app"."crew_session"`,
		`"app"."crew_session"`:  `"app"."crew_session"`,
		`app"."crew_session`:    `"app"."crew_session"`,
		"`app`.`crew_session`":  `"app"."crew_session"`,
		"app`.`crew_session":    `"app"."crew_session"`,
		`"app.crew_session"`:    `"app.crew_session"`,
		`"a.b".c`:               `"a.b"."c"`,
		strings.Repeat("a", 64): `"` + strings.Repeat("a", 64) + `"`,
		"émigrés":               `"émigrés"`,
	} {
		name, err := djangodb.ParseTableName(text)
		if got := djangodb.PostgreSQL.QuoteTable(name); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", text, got, err, want)
		}
		if got := djangodb.MySQL.QuoteTable(name); got != strings.ReplaceAll(want, `"`, "`") {
			t.Errorf("%s on MySQL: %s", text, got)
		}
	}
	for _, text := range []string{
		"", ".", "a.", ".a", "a.b.c", `"a`, `a"`, `"a"b`, `""`, "a?", "a\nb", "a\x00", "a`b", `"a"."b"."c"`,
		`"a"";drop table b;--"`, strings.Repeat("a", 65), `"a"."b`, "`a`\".b",
	} {
		if name, err := djangodb.ParseTableName(text); err == nil {
			t.Errorf("%q is taken for %s", text, name)
		}
	}
}
