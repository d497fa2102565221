package sqlusers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/usermodel"
)

// A table is the table of users as the database has it. All statements on users name it, and its
// columns, by what is here.
type table struct {
	model  Model // with all that was found out
	stock  bool  // auth.User
	on     djangodb.Dialect
	name   djangodb.TableName
	quoted string
	key    key
	fields map[string]field // by Django's name for auth.User; only those that exist
	all    []djangodb.Field
	extra  *extra // nil: no further columns are read

	groups, permissions join // without a table: the model has none
}

// A field is a column that a part of an auth.User is in.
type field struct {
	column string // quoted
	djangodb.Field
}

// errNotMigrated says that Migrate, or Django, has to make the table first.
func errNotMigrated(m Model, stock bool) error {
	if stock {
		return fmt.Errorf("sqlusers: %s: %w", m.Table, django.ErrNotMigrated)
	}
	return fmt.Errorf("sqlusers: %s, of AUTH_USER_MODEL %s, which manage.py migrate makes: %w",
		m.Table, m.Name, django.ErrNotMigrated)
}

// describe finds the table of a model, and refuses what does not fit it.
func describe(ctx context.Context, db djangodb.DB, m Model) (*table, error) {
	stock, err := m.isStock()
	if err != nil {
		return nil, err
	}
	m, label, err := m.named()
	if err != nil {
		return nil, err
	}
	t := &table{model: m, stock: stock, on: db.Dialect}
	if t.name, err = db.Dialect.TableName(m.Table); err != nil {
		return nil, fmt.Errorf("sqlusers: Model.Table (AUTH_USER_TABLE): %w", err)
	}
	t.quoted = db.Dialect.QuoteTable(t.name)
	if t.all, err = db.Fields(ctx, t.name); err != nil {
		return nil, wrap(ctx, "open", err)
	}
	if len(t.all) == 0 {
		return nil, errNotMigrated(m, stock)
	}
	if err := errors.Join(t.findFields(), t.findKey()); err != nil {
		return nil, err
	}
	if err := t.findLinks(ctx, db, label); err != nil {
		return nil, err
	}
	t.extra, err = newExtra(t, m.Extra)
	return t, err
}

// column returns the column with this name.
func (t *table) column(name string) (djangodb.Field, bool) {
	i := slices.IndexFunc(t.all, func(c djangodb.Field) bool { return c.Name == name })
	if i < 0 {
		return djangodb.Field{}, false
	}
	return t.all[i], true
}

// names returns those of all columns.
func (t *table) names() (names []string) {
	for _, c := range t.all {
		names = append(names, c.Name)
	}
	return names
}

// fits are the kinds of columns that each field can have.
var fits = map[string][]djangodb.Kind{
	"id": {djangodb.IntegerKind, djangodb.UUIDKind, djangodb.TextKind}, "password": {djangodb.TextKind},
	"username": {djangodb.TextKind}, "email": {djangodb.TextKind},
	"first_name": {djangodb.TextKind}, "last_name": {djangodb.TextKind},
	"last_login":  {djangodb.TimeKind, djangodb.DateKind},
	"date_joined": {djangodb.TimeKind, djangodb.DateKind},
	"is_active":   {djangodb.BoolKind}, "is_staff": {djangodb.BoolKind}, "is_superuser": {djangodb.BoolKind},
}

// findFields finds the columns of the fields.
func (t *table) findFields() error {
	t.fields = make(map[string]field)
	given := t.model.Columns
	t.model.Columns = make(map[string]string)
	for _, name := range usermodel.Fields {
		column, said := given[name]
		if !said {
			column = name
		}
		c, exists := t.column(column)
		switch {
		case said && column != "" && !exists:
			return fmt.Errorf("sqlusers: %s has no column %q, which is said to be its %s; it has %s",
				t.model.Table, column, name, listed(t.names()))
		case !exists && (t.stock || slices.Contains([]string{"id", "username", "password"}, name)):
			return fmt.Errorf("sqlusers: %s has no column %q: %s; it has %s",
				t.model.Table, name, settingOf(name), listed(t.names()))
		case !exists && !said && name == "is_active":
			return fmt.Errorf("sqlusers: %s has no column is_active, and nobody could be kept out: %s;"+
				" or is_active= if Django keeps nobody out; it has %s",
				t.model.Table, settingOf(name), listed(t.names()))
		case !exists:
			t.model.Columns[name] = ""
			continue
		case !t.stock && !t.fit(name, c.Kind()):
			return fmt.Errorf("sqlusers: the column %s of %s is of type %s, which no %s can have: %s",
				c.Name, t.model.Table, c.Type, name, settingOf(name))
		}
		t.model.Columns[name] = column
		t.fields[name] = field{t.on.Quote(column), c}
	}
	return nil
}

// fit reports whether a field can be in a column of a kind. Where integers stand for booleans, older
// tables have wider ones than Django's.
func (t *table) fit(name string, kind djangodb.Kind) bool {
	isFlag := slices.Contains(fits[name], djangodb.BoolKind)
	return slices.Contains(fits[name], kind) ||
		isFlag && kind == djangodb.IntegerKind && t.on != djangodb.PostgreSQL
}

// findKey finds out what the keys are.
func (t *table) findKey() error {
	f, ok := t.fields["id"]
	if !ok {
		return nil // findFields has said so
	}
	t.key = key{column: f.column, on: t.on, Field: f.Field}
	kinds, said := keyKinds(f.Field), t.model.KeyType
	if isAuto(said) {
		if len(kinds) > 1 {
			return fmt.Errorf("sqlusers: the key %s of %s is of type %s, which is a UUID or a text:"+
				" write uuid or text as AUTH_USER_KEY_TYPE, or Model.KeyType", f.Name, t.model.Table, f.Type)
		}
		said = keyTypes[kinds[0]]
	}
	i := slices.IndexFunc(kinds, func(k keyKind) bool { return strings.EqualFold(keyTypes[k], said) })
	if i < 0 {
		return fmt.Errorf("sqlusers: the key %s of %s is of type %s, not %q: correct AUTH_USER_KEY_TYPE, or"+
			" Model.KeyType, which is integer, uuid or text", f.Name, t.model.Table, f.Type, said)
	}
	t.key.kind, t.model.KeyType = kinds[i], keyTypes[kinds[i]]
	return nil
}

// keyKinds are those of which keys in a column can be.
func keyKinds(c djangodb.Field) []keyKind {
	switch {
	case c.IsHex():
		return []keyKind{hexKey, textKey}
	case c.Kind() == djangodb.UUIDKind:
		return []keyKind{uuidKey}
	case c.Kind() == djangodb.TextKind:
		return []keyKind{textKey}
	default:
		return []keyKind{integerKey}
	}
}

// has reports whether there is a column for a field.
func (t *table) has(name string) bool {
	_, ok := t.fields[name]
	return ok
}

// isField reports whether a column is that of a field.
func (t *table) isField(column string) bool {
	for _, f := range t.fields {
		if f.Name == column {
			return true
		}
	}
	return false
}

// sameColumn reports whether two fields are in one column.
func (t *table) sameColumn(a, b string) bool {
	return t.has(a) && t.fields[a].Name == t.fields[b].Name
}

// maxWidth is how many characters are taken for a column that does not limit them: less than what
// is looked at.
const maxWidth = 1000

// width returns how many characters a field holds.
func (t *table) width(name string) int {
	if t.stock {
		return stockWidths[name]
	}
	return min(cmp.Or(t.fields[name].Width(), maxWidth), maxWidth)
}

// stockWidths are those of Django's columns, in characters.
var stockWidths = map[string]int{
	"username": maxName, "first_name": maxName, "last_name": maxName, "email": maxEmail,
}

// text, flag and time are what is selected for a field: the column, or what stands for it.
func (t *table) text(name string) string { return t.or(name, "''") }

func (t *table) flag(name, without string) string {
	if !t.has(name) {
		return without
	}
	return t.or(name, "FALSE") // a NULL is False in Python, too
}

func (t *table) or(name, without string) string {
	f, ok := t.fields[name]
	switch {
	case !ok:
		return without
	case f.Required:
		return f.column
	default:
		return "COALESCE(" + f.column + ", " + without + ")"
	}
}

func (t *table) time(name string) string {
	if !t.has(name) {
		return "NULL"
	}
	return t.on.RawTime(t.fields[name].column)
}

// findLinks finds the tables of groups and permissions.
func (t *table) findLinks(ctx context.Context, db djangodb.DB, label string) (err error) {
	user := end{label + "_id", t.quoted, t.key.column, auth.ErrUserNotFound}
	t.groups, t.model.Groups, err = t.link(ctx, db, t.model.Groups, "AUTH_USER_GROUPS",
		join{t.model.Table + "_groups", user, groupEnd, ""})
	if err != nil {
		return err
	}
	t.permissions, t.model.Permissions, err = t.link(ctx, db, t.model.Permissions, "AUTH_USER_PERMISSIONS",
		join{t.model.Table + "_user_permissions", user, permissionEnd, ""})
	return err
}

// link finds one of them, which is what Django makes unless something else is said.
func (t *table) link(
	ctx context.Context, db djangodb.DB, said, setting string, j join,
) (found join, text string, err error) {
	given, err := usermodel.ParseLink(said)
	if err != nil {
		return join{}, "", fmt.Errorf("sqlusers: %s: %w", setting, err)
	}
	if given.None {
		return join{}, said, nil
	}
	if given.Table != "" {
		j.table, j.left.column, j.right.column = given.Table, given.User, given.Other
	}
	name, err := t.on.TableName(j.table)
	if err != nil {
		return join{}, "", fmt.Errorf("sqlusers: %s: %w", setting, err)
	}
	columns, err := db.Fields(ctx, name)
	if err != nil {
		return join{}, "", wrap(ctx, "open", err)
	}
	switch {
	case len(columns) == 0 && given.Table == "" && !t.stock:
		return join{}, "none", nil // the model has no PermissionsMixin
	case len(columns) == 0 && t.stock:
		return join{}, "", fmt.Errorf("sqlusers: %s: %w", j.table, django.ErrNotMigrated)
	case len(columns) == 0:
		return join{}, "", fmt.Errorf("sqlusers: there is no table %s: correct %s", j.table, setting)
	}
	text = j.table + "(" + j.left.column + "," + j.right.column + ")"
	for _, want := range []string{j.left.column, j.right.column} {
		if !slices.ContainsFunc(columns, func(c djangodb.Field) bool { return c.Name == want }) {
			return join{}, "", fmt.Errorf("sqlusers: %s has no column %s: write %s as"+
				" table(user_column,other_column)", j.table, want, setting)
		}
	}
	for _, c := range columns {
		if c.IsRequired() && c.Name != j.left.column && c.Name != j.right.column {
			j.required = strings.TrimPrefix(j.required+", "+c.Name, ", ")
		}
	}
	j.table = t.on.QuoteTable(name)
	j.left.column, j.right.column = t.on.Quote(j.left.column), t.on.Quote(j.right.column)
	return j, text, nil
}
