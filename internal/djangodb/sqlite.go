package djangodb

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// sqlite is SQLite with any driver whose errors have SQLite's own code.
var sqlite = dialect{
	ping:      sqlitePing,
	begin:     sqliteBegin,
	beginRows: []string{"BEGIN IMMEDIATE"},
	columns:   "SELECT name FROM pragma_table_info(?)",
	objects:   "SELECT name FROM sqlite_master",
	quote:     `"`,
	fields: "SELECT name, lower(type), \"notnull\"," +
		" dflt_value IS NOT NULL OR pk > 0 AND lower(type) = 'integer'" +
		" FROM pragma_table_info(?) ORDER BY cid",
	// A table WITHOUT ROWID has no places of rows.
	relation: "SELECT CASE type WHEN 'view' THEN 'uncounted' ELSE 'parts' END FROM sqlite_master" +
		" WHERE lower(name) = lower(?) AND (type = 'view' OR type = 'table' AND sql LIKE '%WITHOUT%ROWID%')",
	tableArgs: func(t TableName) []any { return []any{t.name} },
	index:     "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND name = ?",
	indexed: "SELECT substr(sql, instr(sql, '(') + 1, length(sql) - instr(sql, '(') - 1)" +
		" FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql NOT LIKE '%) WHERE %'",
	bigInt:       "?",
	text:         "text",
	upper:        true,
	returning:    true,
	rebind:       func(query string) string { return query },
	rawTime:      sqliteRawTime,
	encodeTime:   sqliteTime,
	isUnique:     sqliteIsUnique,
	isForeign:    func(err error) bool { return sqliteCode(err) == sqliteConstraintForeignKey },
	refusesValue: func(err error) bool { return sqliteCode(err) == sqliteConstraintCheck },
	isTooLarge:   func(err error) bool { return sqliteCode(err)&0xff == sqliteTooBig },
	isSpent:      func(err error) bool { return sqliteCode(err) == sqliteReadOnlyMoved },
	isPassing:    func(error) bool { return false },
	// The + keeps the index on the expiry for the rows to be found by: all others go by
	// their places, or their keys.
	clear: "DELETE FROM TABLE WHERE +EXPIRY <= ? AND _rowid_ IN" +
		" (SELECT _rowid_ FROM TABLE WHERE EXPIRY <= ? ORDER BY EXPIRY LIMIT ?)",
	clearParts: map[Relation]string{
		RelationParts: "DELETE FROM TABLE WHERE +EXPIRY <= ? AND KEY IN" +
			" (SELECT KEY FROM TABLE WHERE EXPIRY <= ? ORDER BY EXPIRY LIMIT ?)",
	},
}

// sqlitePing asks again for some seconds while the file is locked. A new file
// takes to WAL with its first connection, and of programs that open it at the
// same time SQLite refuses all but one at once, whatever their busy_timeout.
func sqlitePing(ctx context.Context, db *sql.DB) error {
	for end := time.Now().Add(5 * time.Second); ; {
		err := db.PingContext(ctx)
		if sqliteCode(err)&0xff != sqliteBusy || time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// sqliteBegin takes the lock on writing with the first statement.
func sqliteBegin(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE")
	return err
}

// sqliteRawTime keeps drivers from making a time of the text by rules of
// their own: they do not convert a blob.
func sqliteRawTime(column string) string { return "CAST(" + column + " AS BLOB)" }

// sqliteTime writes the text that Django writes. SQLite compares it as text,
// so it must be exactly this: a space, no offset, six digits of fraction or
// none. A driver writes a time.Time in another form.
func sqliteTime(t time.Time) any {
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02 15:04:05")
	}
	return t.Format("2006-01-02 15:04:05.000000")
}

// SQLite's result codes: a primary one, and extended ones, whose last eight
// bits are the primary one.
const (
	sqliteBusy                 = 5
	sqliteTooBig               = 18
	sqliteConstraintCheck      = 275
	sqliteConstraintForeignKey = 787
	sqliteReadOnlyMoved        = 1032 // another file has taken the name of the one that is open
	sqliteConstraintPrimaryKey = 1555
	sqliteConstraintUnique     = 2067
)

func sqliteIsUnique(err error) bool {
	code := sqliteCode(err)
	return code == sqliteConstraintPrimaryKey || code == sqliteConstraintUnique
}

// sqliteCode looks at the code and not at the driver's type, so that no
// driver need be linked.
func sqliteCode(err error) int {
	var coded interface{ Code() int }
	if !errors.As(err, &coded) {
		return 0
	}
	return coded.Code()
}
