package devices

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/uuidtext"
)

// A userColumn is a column user_id, which has the type of the key of Django's users.
type userColumn struct {
	djangodb.Field
	on djangodb.Dialect
}

// is returns the condition that the column is a user; bind what args returns.
func (c userColumn) is() string {
	if c.Kind() == djangodb.TextKind && !c.IsHex() {
		return c.on.SameKey("user_id")
	}
	return "user_id = " + c.param()
}

// param is the parameter for a user.
func (c userColumn) param() string {
	switch c.Kind() {
	case djangodb.IntegerKind:
		return c.on.BigInt()
	case djangodb.UUIDKind:
		return c.on.UUID()
	}
	return "?"
}

// args returns what to bind for a user; false if the column can have no such user.
func (c userColumn) args(user string) ([]any, bool) {
	value := c.value(user)
	if text, ok := value.(string); ok && c.Kind() == djangodb.TextKind && !c.IsHex() {
		return c.on.KeyArgs(nil, text), true
	}
	return []any{value}, value != nil
}

// value is a user as the column has it; nil if it can have no such one.
func (c userColumn) value(user string) any {
	id, isUUID := uuidtext.Parse(user)
	switch {
	case c.Kind() == djangodb.IntegerKind:
		if n, err := strconv.ParseInt(user, 10, 64); err == nil {
			return n
		}
		return nil
	case c.Kind() == djangodb.UUIDKind && isUUID:
		return id.String()
	case c.Kind() == djangodb.UUIDKind:
		return nil
	case c.IsHex() && isUUID && strings.Contains(user, "-"): // else the column has texts of this length
		return id.Hex()
	case user == "" || utf8.RuneCountInString(user) > maxUser || !utf8.ValidString(user) ||
		strings.ContainsRune(user, 0):
		return nil
	}
	return user
}

// read is the expression by which the column is selected.
func (c userColumn) read() string {
	if c.Kind() == djangodb.UUIDKind && c.on == djangodb.PostgreSQL {
		return c.on.Text("user_id") // not every driver knows the type
	}
	return "user_id"
}

// A userText scans the column.
type userText struct {
	userColumn
	text *string
}

// Scan implements sql.Scanner.
func (t userText) Scan(src any) error {
	switch v := src.(type) {
	case int64:
		*t.text = strconv.FormatInt(v, 10)
	case string:
		*t.text = v
	case []byte:
		*t.text = string(v)
	default:
		return fmt.Errorf("a column of users holds a %T", src)
	}
	if id, ok := uuidtext.Parse(*t.text); ok && (t.IsHex() || t.Kind() == djangodb.UUIDKind) {
		*t.text = id.String()
	}
	return nil
}

// lock has the transactions of one user wait for each other. On SQLite all do so.
func (a *allauthRows) lock(ctx context.Context, tx *sql.Conn, user string) error {
	var query string
	var args []any
	switch a.db.Dialect {
	case djangodb.PostgreSQL:
		query, args = "SELECT pg_advisory_xact_lock(hashtext(?), hashtext(?))", []any{allauthTable, user}
	case djangodb.MySQL:
		query = a.parent
		args, _ = a.user.args(user)
	default:
		return nil
	}
	found, err := tx.QueryContext(ctx, a.db.Dialect.Rebind(query), args...)
	if err != nil {
		return err
	}
	for found.Next() { // the result says nothing
	}
	return found.Close()
}

// findParent finds the table of users that the rows refer to, for lock.
func (a *allauthRows) findParent(ctx context.Context) (string, error) {
	if a.db.Dialect != djangodb.MySQL {
		return "", nil
	}
	var table, column string
	found, err := a.db.QueryContext(ctx, "SELECT referenced_table_name, referenced_column_name"+
		" FROM information_schema.key_column_usage WHERE table_schema = DATABASE() AND table_name = ?"+
		" AND column_name = 'user_id' AND referenced_table_name IS NOT NULL", allauthTable)
	if err := djangodb.OneOf(found, err, &table, &column); err != nil {
		return "", fmt.Errorf("the table that %s refers to: %w", allauthTable, err)
	}
	return "SELECT 1 FROM " + a.db.Dialect.Quote(table) + " WHERE " +
		strings.ReplaceAll(a.user.is(), "user_id", a.db.Dialect.Quote(column)) + " FOR UPDATE", nil
}
