package djangodb

import (
	"errors"
	"fmt"
	"strings"
)

// A TableName is the name of a table, and of the schema that it is in. Without a
// schema the database looks for it where its connections look, which on
// PostgreSQL is the search_path.
type TableName struct{ schema, name string }

// maxName is what MySQL takes, in characters. PostgreSQL takes a byte less.
const maxName = 64

// ParseTableName reads a name as Django's Meta.db_table has it, or with a point
// between schema and table:
//
//	crew_session
//	app.crew_session
//	"app"."crew_session"
//	app"."crew_session
//
// The last two are what Django projects write to name a schema: Django puts a
// name between quotes unless it has them. Quotes are those of the database.
func ParseTableName(text string) (TableName, error) {
	for _, quote := range []string{`"`, "`"} {
		if strings.Contains(text, quote+"."+quote) && !strings.HasPrefix(text, quote) {
			text = quote + text + quote
		}
	}
	first, rest, err := cutName(text)
	if err != nil {
		return TableName{}, err
	}
	if rest == "" {
		return TableName{name: first}, nil
	}
	second, rest, err := cutName(strings.TrimPrefix(rest, "."))
	if err == nil && rest != "" {
		err = errors.New("want a table, or a schema, a point and a table")
	}
	return TableName{first, second}, err
}

// cutName cuts a name, with quotes or without, off the beginning of a text. What
// comes behind it begins with a point.
func cutName(text string) (name, rest string, err error) {
	if text != "" && isQuote(rune(text[0])) {
		quote := text[:1]
		end := strings.Index(text[1:], quote) + 1
		if end == 0 || end+1 < len(text) && text[end+1] != '.' {
			return "", "", errors.New("want the quotes to end with the name")
		}
		name, rest = text[1:end], text[end+1:]
	} else {
		name, _, _ = strings.Cut(text, ".")
		rest = text[len(name):]
	}
	return name, rest, CheckName(name)
}

// CheckName returns why a text cannot be the name of a table or a column in a
// statement: it is put between quotes there, and a ? is a parameter.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("want a name")
	case len(name) > maxName:
		return fmt.Errorf("want a name of at most %d bytes", maxName)
	case strings.ContainsFunc(name, isNotInName):
		return errors.New("want a name without quotes, question marks and control characters")
	}
	return nil
}

func isNotInName(r rune) bool { return r < ' ' || r == 0x7f || r == '?' || isQuote(r) }

// String returns the name without quotes.
func (t TableName) String() string {
	if t.schema == "" {
		return t.name
	}
	return t.schema + "." + t.name
}

// Quote returns a name as statements have it.
func (d Dialect) Quote(name string) string { return quoted(name, dialects[d].quote) }

// QuoteTable is [Dialect.Quote] for a table.
func (d Dialect) QuoteTable(t TableName) string { return t.quoted(dialects[d].quote) }

func (t TableName) quoted(quote string) string {
	if t.schema == "" {
		return quoted(t.name, quote)
	}
	return quoted(t.schema, quote) + "." + quoted(t.name, quote)
}

func quoted(name, quote string) string { return quote + name + quote }

// TableName is [ParseTableName] for a database.
func (d Dialect) TableName(text string) (TableName, error) {
	t, err := ParseTableName(text)
	if err == nil && t.schema != "" && d == SQLite {
		err = errors.New("SQLite has no schemas")
	}
	return t, err
}
