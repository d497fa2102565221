package sqlusers

import (
	"context"
	"database/sql"
	"slices"
	"sort"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/administration"
)

// An office is what package console asks of the users.
type office struct{ *Users }

func init() {
	administration.Of = func(users any) administration.Office {
		if u, ok := users.(*Users); ok {
			return office{u}
		}
		return nil
	}
}

// Search implements administration.Office. The names are found by their index. Where addresses
// have none for this question the rows are read one after the other: give ctx a deadline.
func (o office) Search(ctx context.Context, prefix string, limit int) ([]auth.User, error) {
	if !utf8.ValidString(prefix) || strings.ContainsRune(prefix, 0) || longer(prefix, maxSearch) {
		return nil, nil
	}
	names := []string{prefix}
	if lower := strings.ToLower(prefix); lower != prefix {
		names = append(names, lower)
	}
	var found []auth.User
	for _, name := range names {
		where, order, args := o.db.Dialect.Begins(o.table.fields["username"].column, name)
		some, err := o.first(ctx, where, order, args, limit)
		if err != nil {
			return nil, wrap(ctx, "search", err)
		}
		found = append(found, some...)
	}
	some, err := o.addressed(ctx, prefix, limit)
	return o.inOrder(append(found, some...), limit), wrap(ctx, "search", err)
}

// maxSearch is how many characters are searched for.
const maxSearch = 254

// addressed returns the users with an address, or else those with one that begins so.
func (o office) addressed(ctx context.Context, prefix string, limit int) ([]auth.User, error) {
	if !o.table.has("email") {
		return nil, nil
	}
	if strings.Contains(prefix, "@") {
		if found, err := o.fromID(ctx, prefix, o.table.key.first(), limit); err != nil || len(found) > 0 {
			return found, err
		}
	}
	where, order, args := o.db.Dialect.BeginsAnyCase(o.table.fields["email"].column, prefix)
	const between = 4 // enough for others that the order of a language puts between them
	found, err := o.first(ctx, where, order, args, between*limit)
	upper := strings.ToUpper(prefix)
	return slices.DeleteFunc(found, func(u auth.User) bool {
		return !strings.HasPrefix(strings.ToUpper(u.Email), upper)
	}), err
}

// first returns the first users to whom a condition applies.
func (o office) first(
	ctx context.Context, where, order string, args []any, limit int,
) ([]auth.User, error) {
	rows, err := o.db.Reader(o.table.selectRow(o.asked(ctx).floors)+" WHERE "+where+
		" ORDER BY "+order+" LIMIT ?").Query(ctx, append(args, limit)...)
	return collect(rows, err, o.scan)
}

// inOrder returns the first users by name, each once.
func (o office) inOrder(users []auth.User, limit int) []auth.User {
	users = o.unique(users)
	sort.SliceStable(users, func(i, j int) bool { return users[i].Username < users[j].Username })
	return users[:min(limit, len(users))]
}

// adminLog is Django's table of what administrators do.
const adminLog = "django_admin_log"

// maxRepr is the width of the column object_repr, in characters.
const maxRepr = 200

// Write implements administration.Office.
func (o office) Write(ctx context.Context, e administration.Entry) error {
	ctx, cancel := o.limit(ctx)
	defer cancel()
	columns, err := o.db.Dialect.Columns(ctx, o.db.DB, adminLog)
	if err != nil {
		return wrap(ctx, "write to the log", err)
	}
	if len(columns) == 0 {
		return administration.ErrNoLog
	}
	actor, err := o.table.key.args(e.Actor)
	if err != nil {
		return err
	}
	flag := 2 // LogEntry's CHANGE
	if e.Deletion {
		flag = 3 // DELETION
	}
	args := []any{o.db.EncodeTime(time.Now()), o.orNone(e.About), cut(e.Name, maxRepr), flag, e.Message}
	contentType, args := o.contentType(args, e.About)
	key := "u." + o.table.key.column
	query := "INSERT INTO " + adminLog + " (action_time, object_id, object_repr, action_flag," +
		" change_message, content_type_id, user_id) SELECT ?, ?, ?, " + o.db.Dialect.BigInt() + ", ?, " +
		contentType + ", " + key + " FROM " + o.table.quoted + " u WHERE " + o.table.key.is(key)
	return wrap(ctx, "write to the log", o.db.Transact(ctx, func(tx *sql.Conn) error {
		_, err := tx.ExecContext(ctx, o.db.Dialect.Rebind(query), append(args, actor...)...)
		return err
	}))
}

// contentType is the expression for that of the users, and what to bind for it.
func (o office) contentType(args []any, about string) (string, []any) {
	app, model, ok := strings.Cut(o.Model().Name, ".")
	if about == "" || !ok {
		return "NULL", args
	}
	d := o.db.Dialect
	return "(SELECT MIN(id) FROM django_content_type WHERE " + d.SameKey("app_label") + " AND " +
		d.SameKey("model") + ")", d.KeyArgs(d.KeyArgs(args, app), strings.ToLower(model))
}

func (o office) orNone(id string) any {
	if id == "" {
		return nil
	}
	return o.table.key.canonical(id)
}

// cut returns the beginning of a text, of so many characters.
func cut(text string, most int) string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most])
	}
	return text
}
