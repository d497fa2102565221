package djangodb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// mySQL is MySQL 5.7 and MariaDB 10.5 or newer, with go-sql-driver/mysql.
var mySQL = dialect{
	begin:    mysqlBegin,
	end:      "SELECT RELEASE_LOCK(" + mysqlLock + ")",
	autoDDL:  true,
	foundRow: true,
	columns: "SELECT column_name FROM information_schema.columns" +
		" WHERE table_schema = DATABASE() AND table_name = ?",
	quote: "`",
	fields: "SELECT column_name, LOWER(column_type), is_nullable = 'NO'," +
		" column_default IS NOT NULL OR extra <> ''" +
		" FROM information_schema.columns WHERE " + mysqlTable + " ORDER BY ordinal_position",
	relation: "SELECT CASE is_updatable WHEN 'YES' THEN 'parts' ELSE 'fixed' END" +
		" FROM information_schema.views WHERE " + mysqlTable,
	tableArgs: mysqlTableArgs,
	objects: "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()" +
		" UNION SELECT index_name FROM information_schema.statistics WHERE table_schema = DATABASE()",
	index: "SELECT DISTINCT index_name FROM information_schema.statistics" +
		" WHERE " + mysqlTable + " AND index_name = ?",
	indexed: "SELECT column_name FROM information_schema.statistics WHERE " + mysqlTable +
		" AND seq_in_index = 1 AND sub_part IS NULL AND column_name IS NOT NULL AND index_type = 'BTREE'",
	bigInt: "?",
	text:   "char",
	binary: true,
	clear: "DELETE FROM TABLE WHERE EXPIRY <= ? AND EXPIRY <= ?" +
		" ORDER BY EXPIRY LIMIT ?",
	rebind:       func(query string) string { return query },
	rawTime:      func(column string) string { return "CAST(" + column + " AS CHAR)" },
	encodeTime:   mysqlTime,
	isUnique:     func(err error) bool { return mysqlCode(err) == 1062 },
	isForeign:    func(err error) bool { code := mysqlCode(err); return code == 1451 || code == 1452 },
	refusesValue: mysqlRefusesValue,
	isTooLarge:   mysqlIsTooLarge,
	isSpent:      mysqlIsSpent,
	cutting: "SELECT CONCAT(column_name, ' ', column_type) FROM information_schema.columns" +
		" WHERE " + mysqlTable +
		" AND @@sql_mode NOT LIKE '%STRICT_TRANS_TABLES%' AND @@sql_mode NOT LIKE '%STRICT_ALL_TABLES%'" +
		" AND (LOWER(column_name) = 'session_data' AND character_octet_length < 4294967295" +
		" OR LOWER(column_name) = 'session_key' AND character_maximum_length < 40)",
	packet:    "SELECT @@max_allowed_packet",
	beginRows: []string{"SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "START TRANSACTION"},
	isPassing: func(err error) bool { code := mysqlCode(err); return code == 1213 || code == 1205 },
}

// mysqlTable is the condition that a row of information_schema is about a table,
// whose schema, if it has none, is that of the connection.
const mysqlTable = "table_schema = COALESCE(?, DATABASE()) AND table_name = ?"

func mysqlTableArgs(t TableName) []any {
	if t.schema == "" {
		return []any{nil, t.name}
	}
	return []any{t.schema, t.name}
}

// mysqlLock is a lock of this database among all of the server.
const mysqlLock = "CONCAT('django_migrations.', LEFT(DATABASE(), 40))"

// mysqlBegin waits for other programs that migrate. There is no transaction
// around statements that make tables: MySQL commits at each.
func mysqlBegin(ctx context.Context, conn *sql.Conn) error {
	var got sql.NullInt64
	rows, err := conn.QueryContext(ctx, "SELECT GET_LOCK("+mysqlLock+", 60)")
	err = OneOf(rows, err, &got)
	if err == nil && got.Int64 != 1 {
		err = errors.New("another program has been migrating for a minute")
	}
	return err
}

// mysqlIsTooLarge: the server, the column, a row or the redo log is too small, or
// the driver says so of the server.
func mysqlIsTooLarge(err error) bool {
	switch mysqlCode(err) {
	case 1153, 1406, 1118:
		return true
	case 1105: // "unknown error": a parameter that was sent in parts
		text := err.Error()
		return strings.Contains(text, "max_allowed_packet") || strings.Contains(text, "max_long_data_size")
	case 0:
		return strings.Contains(err.Error(), "packet for query is too large")
	}
	return false
}

// mysqlRefusesValue: a number that is too large, a text with characters that the
// column does not have, a CHECK in MySQL and MariaDB.
func mysqlRefusesValue(err error) bool {
	switch mysqlCode(err) {
	case 1264, 1366, 3819, 4025:
		return true
	}
	return false
}

// mysqlIsSpent: a server that only reads, that a cluster has excluded, or that is
// shutting down; a prepared statement that is not known, or whose table has
// changed; one to which a part of a value was sent that it does not take, after
// which it takes nothing else.
func mysqlIsSpent(err error) bool {
	switch mysqlCode(err) {
	case 1290, 1792, 1836, 1047, 1053, 1243, 1615:
		return true
	case 1105:
		return mysqlIsTooLarge(err)
	}
	return false
}

// mysqlTime writes the text of a datetime(6): drivers differ in what zone
// they give a time.Time.
func mysqlTime(t time.Time) any { return t.Format("2006-01-02 15:04:05.000000") }

// mysqlCode returns the number in an error's text, "Error 1062 (23000): ...",
// so that the driver need not be linked.
func mysqlCode(err error) int {
	for ; err != nil; err = errors.Unwrap(err) {
		rest, ok := strings.CutPrefix(err.Error(), "Error ")
		if !ok {
			continue
		}
		digits, _, _ := strings.Cut(rest, " ")
		if code, err := strconv.Atoi(strings.TrimSuffix(digits, ":")); err == nil {
			return code
		}
	}
	return 0
}

// showsValue are the errors of MySQL whose text shows a value: a duplicate,
// a text with wrong bytes, a wrong time.
var showsValue = map[int]string{
	1062: "duplicate entry",
	1292: "incorrect value",
	1366: "incorrect text; it must be UTF-8",
}

// hideValue returns an error without the value that MySQL put into it.
func hideValue(err error) error {
	code := mysqlCode(err)
	if what, ok := showsValue[code]; ok {
		return fmt.Errorf("MySQL error %d: %s", code, what)
	}
	return err
}
