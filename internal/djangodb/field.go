package djangodb

import (
	"context"
	"strconv"
	"strings"
)

// A Relation is what kind of table a name stands for.
type Relation string

// The kinds.
const (
	RelationPlain     Relation = "plain"     // a table of its own
	RelationParts     Relation = "parts"     // a view, or a table whose rows have no places of their own
	RelationTriggered Relation = "triggered" // a view that triggers write for
	RelationFixed     Relation = "fixed"     // one that cannot be written to
	RelationUncounted Relation = "uncounted" // one that does not count the rows that were changed
)

// Relation returns what kind of table this is. The database has it.
func (db DB) Relation(ctx context.Context, t TableName) (Relation, error) {
	d := dialects[db.Dialect]
	if d.relation == "" {
		return RelationPlain, nil
	}
	found, err := column(ctx, db, db.Dialect.Rebind(d.relation), d.tableArgs(t)...)
	if err != nil || len(found) == 0 {
		return RelationPlain, err
	}
	return Relation(found[0]), nil
}

// A Field is what a database says of a column.
type Field struct {
	Name       string
	Type       string // in lower case, as the database writes it
	Required   bool   // it does not take NULL
	HasDefault bool   // without a value it gets one

	kind kind
	size int // characters of a text, bytes of an integer; 0: any number
}

// Fields returns the columns of a table, none if there is no such table.
func (db DB) Fields(ctx context.Context, t TableName) ([]Field, error) {
	d := dialects[db.Dialect]
	rows, err := db.QueryContext(ctx, db.Dialect.Rebind(d.fields), d.tableArgs(t)...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var fields []Field
	for rows.Next() {
		var f Field
		if err := rows.Scan(&f.Name, &f.Type, &f.Required, &f.HasDefault); err != nil {
			return nil, err
		}
		f.kind, f.size = kindOf(db.Dialect, f.Type)
		fields = append(fields, f)
	}
	return fields, rows.Err()
}

// A Kind is what a column can be used for.
type Kind int

// The kinds that [Field.Kind] tells apart.
const (
	OtherKind Kind = iota
	IntegerKind
	BoolKind
	TextKind
	UUIDKind
	TimeKind // a date with a time of day
	DateKind
)

// Kind returns what the column can be used for.
func (f Field) Kind() Kind {
	switch f.kind {
	case kindInteger:
		return IntegerKind
	case kindBoolean:
		return BoolKind
	case kindText, kindHexUUID:
		return TextKind
	case kindUUID:
		return UUIDKind
	case kindTime:
		return TimeKind
	}
	switch {
	case f.Type == "date":
		return DateKind
	case strings.HasPrefix(f.Type, "timestamp"):
		return TimeKind
	case strings.HasPrefix(f.Type, "char("), strings.HasSuffix(f.Type, "citext"):
		return TextKind
	}
	return OtherKind
}

// Width returns how many characters a column of text holds, and zero if that is not limited.
func (f Field) Width() int {
	switch f.kind {
	case kindText:
		return f.size
	case kindHexUUID:
		return 32
	}
	return 0
}

// IsHex reports whether the column has the type in which Django keeps a UUID as 32
// hex digits, where the database knows no UUIDs. A text of 32 characters has it, too.
func (f Field) IsHex() bool { return f.kind == kindHexUUID }

// IsRequired reports whether each new row must be given a value.
func (f Field) IsRequired() bool { return f.Required && !f.HasDefault }

// A kind is what a column holds.
type kind int

const (
	kindUnknown kind = iota
	kindInteger
	kindFloat
	kindBoolean
	kindText
	kindUUID
	kindHexUUID // a UUID as 32 hexadecimal digits, for want of a type
	kindTime
	kindAddress // of the internet
)

// kinds are the kinds of the types that Django's fields have.
var kinds = map[string]kind{
	"smallint": kindInteger, "mediumint": kindInteger, "int": kindInteger, "integer": kindInteger,
	"bigint": kindInteger, "tinyint": kindInteger,
	"double precision": kindFloat, "double": kindFloat, "real": kindFloat,
	"boolean": kindBoolean, "bool": kindBoolean,
	"character varying": kindText, "varchar": kindText, "character": kindText, "char": kindText,
	"text": kindText, "tinytext": kindText, "mediumtext": kindText, "longtext": kindText,
	"uuid":                     kindUUID,
	"timestamp with time zone": kindTime, "datetime": kindTime,
	"inet": kindAddress,
}

// sizes are those of types that do not say them, in bytes.
var sizes = map[string]int{
	"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "integer": 4, "bigint": 8,
	"tinytext": 255,
}

// kindOf reads a type. Of Django's fields only a UUIDField is a char(32), only a
// GenericIPAddressField a char(39), and only a BooleanField a tinyint(1).
func kindOf(d Dialect, text string) (k kind, size int) {
	name, brackets, _ := strings.Cut(strings.TrimSuffix(text, " unsigned"), "(")
	name = strings.TrimSpace(name)
	number, _, _ := strings.Cut(brackets, ")")
	k, size = kinds[name], sizes[name]
	given, _ := strconv.Atoi(number)
	switch {
	case name == "tinyint" && given == 1:
		return kindBoolean, 0
	case (name == "char" || name == "character") && given == 32:
		return kindHexUUID, 0
	case name == "char" && given == 39:
		return kindAddress, 0
	case k == kindText && given > 0:
		return k, given
	case k == kindInteger && d == SQLite:
		return k, 8
	}
	return k, size
}
