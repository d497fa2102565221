package djangodb

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"
)

// postgreSQL is PostgreSQL with any driver whose errors have the SQLSTATE.
var postgreSQL = dialect{
	begin: postgresBegin,
	columns: "SELECT attname FROM pg_attribute" +
		" WHERE attrelid = to_regclass(quote_ident(?)) AND attnum > 0 AND NOT attisdropped",
	ownColumns: "SELECT attname FROM pg_attribute" +
		" WHERE attrelid = to_regclass(quote_ident(current_schema()) || '.' || quote_ident(?))" +
		" AND attnum > 0 AND NOT attisdropped",
	quote: `"`,
	fields: "SELECT a.attname," +
		" format_type(CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE a.atttypid END," +
		" CASE t.typtype WHEN 'd' THEN t.typtypmod ELSE a.atttypmod END)," +
		" a.attnotnull OR t.typnotnull, a.atthasdef OR a.attidentity <> ''" +
		" FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid" +
		" WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
	// 28 are the bits of UPDATE, INSERT and DELETE. A table that others inherit
	// from has the rows of all of them, each of which counts its places anew.
	relation: "SELECT CASE WHEN pg_relation_is_updatable(oid, true) & 28 <> 28 THEN 'fixed'" +
		" WHEN pg_relation_is_updatable(oid, false) & 28 <> 28 THEN 'triggered'" +
		" WHEN relkind = 'r' AND NOT relhassubclass THEN 'plain' ELSE 'parts' END" +
		" FROM pg_class WHERE oid = to_regclass(?)",
	tableArgs: func(t TableName) []any { return []any{t.quoted(`"`)} },
	objects: "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace" +
		" WHERE n.nspname = current_schema()",
	index: postgresIndexes + "i.indisvalid",
	indexed: "SELECT pg_get_indexdef(indexrelid, 1, true) FROM pg_index" +
		" WHERE indisvalid AND indpred IS NULL AND indrelid = to_regclass(?)",
	brokenIndex:  postgresIndexes + "NOT i.indisvalid",
	concurrently: "CONCURRENTLY ",
	lockIndex:    postgresLockIndex,

	bigInt:    "CAST(? AS bigint)",
	text:      "varchar",
	upper:     true,
	returning: true,
	// pgx prepares statements as its own options say, of which one is for
	// poolers. Others need two round trips for each statement.
	driverPrepares: true,
	// A row that is locked keeps its place, and one that another program has locked
	// for long keeps nobody from clearing the rest. To find it by its key again would
	// read pages of an index in place of those that visitors need. "IS TRUE" hides the
	// first comparison from the index on the expiry, which is for the subquery alone: where
	// statistics say that few rows have expired, the index would be asked for all of them, and
	// each be looked for among the places.
	clear: "DELETE FROM TABLE WHERE (EXPIRY <= ?) IS TRUE AND ctid = ANY (ARRAY" +
		" (SELECT ctid FROM TABLE WHERE EXPIRY <= ?" +
		" ORDER BY EXPIRY LIMIT ? FOR UPDATE SKIP LOCKED))",
	// Of the partitions of a table each has its own places, and a view has none.
	// A view that is not written to by itself may be one whose rows have no locks.
	clearParts: map[Relation]string{
		RelationParts:     postgresClearByKey + " FOR UPDATE SKIP LOCKED))",
		RelationTriggered: postgresClearByKey + "))",
	},
	rebind:       numbered,
	rawTime:      func(column string) string { return column },
	encodeTime:   func(t time.Time) any { return t },
	isUnique:     func(err error) bool { return sqlState(err) == "23505" },
	isForeign:    func(err error) bool { return sqlState(err) == "23503" },
	refusesValue: postgresRefusesValue,
	isTooLarge:   postgresIsTooLarge,
	isSpent:      postgresIsSpent,
	beginRows:    []string{"BEGIN ISOLATION LEVEL READ COMMITTED"},
	isPassing:    func(err error) bool { return sqlState(err) == "40001" || sqlState(err) == "40P01" },
}

const postgresClearByKey = "DELETE FROM TABLE WHERE (EXPIRY <= ?) IS TRUE AND KEY = ANY (ARRAY" +
	" (SELECT KEY FROM TABLE WHERE EXPIRY <= ?" +
	" ORDER BY EXPIRY LIMIT ?"

// postgresIsTooLarge: the column is shorter, or an index on it has rows of a
// limited length, as has everything else.
func postgresIsTooLarge(err error) bool {
	code := sqlState(err)
	return code == "22001" || code == "54000"
}

// postgresRefusesValue: a wrong value, of which those that are too long are not
// the column's alone, and a CHECK.
func postgresRefusesValue(err error) bool {
	code := sqlState(err)
	return strings.HasPrefix(code, "22") && code != "22001" || code == "23514"
}

// postgresIsSpent: a server that only reads; a transaction that nobody has ended;
// a plan that a change of the table has made wrong; a statement, or a portal,
// that a pooler has forgotten, or knows from somebody else. All that PgBouncer
// says itself is 08P01, also that it has lost the answer to what was carried out.
func postgresIsSpent(err error) bool {
	switch sqlState(err) {
	case "25006", "25P02", "0A000", "26000", "34000", "42P05":
		return true
	}
	return false
}

// migrationLock is the number of an advisory lock that nobody else uses.
const migrationLock = "7301959113203049581"

// postgresBegin waits for other programs that migrate. The lock ends with the
// transaction.
func postgresBegin(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	_, err := conn.ExecContext(ctx, "SELECT pg_advisory_xact_lock("+migrationLock+")")
	return err
}

const postgresIndexes = "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid" +
	" WHERE i.indrelid = to_regclass(?) AND c.relname = ? AND "

// indexLock is the number of another such lock.
const indexLock = "7301959113203049582"

// postgresLockIndex asks again and again: a connection that waits for the lock
// inside a statement is itself waited for by the one that makes the index, which
// is a deadlock; one that is idle in a transaction is not. It gives up after a
// minute.
func postgresLockIndex(ctx context.Context, conn *sql.Conn) error {
	for end := time.Now().Add(time.Minute); ; {
		got, err := postgresTryLock(ctx, conn)
		if err != nil || got {
			return err
		}
		if time.Now().After(end) {
			return errors.New("another program has been making an index for a minute")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// postgresTryLock begins a transaction, and ends it if it does not get the lock.
// The statement that comes after the question ends what the question has seen
// of the tables, for which the one that makes the index would wait.
func postgresTryLock(ctx context.Context, conn *sql.Conn) (got bool, err error) {
	if _, err := conn.ExecContext(ctx, "BEGIN ISOLATION LEVEL READ COMMITTED"); err != nil {
		return false, err
	}
	rows, err := conn.QueryContext(ctx, "SELECT pg_try_advisory_xact_lock("+indexLock+")")
	if err := OneOf(rows, err, &got); err != nil {
		return false, err
	}
	next := "ROLLBACK"
	if got {
		next = "SET LOCAL idle_in_transaction_session_timeout = 0"
	}
	_, err = conn.ExecContext(ctx, next)
	return got, err
}

// numbered turns each ? into $1, $2 and so on. No statement has a ? in a text.
func numbered(query string) string {
	var b strings.Builder
	for i, part := range strings.Split(query, "?") {
		if i > 0 {
			b.WriteString("$" + strconv.Itoa(i))
		}
		b.WriteString(part)
	}
	return b.String()
}

// sqlState returns the code of an error, as the drivers pgx and pq give it.
func sqlState(err error) string {
	var coded interface{ SQLState() string }
	if !errors.As(err, &coded) {
		return ""
	}
	return coded.SQLState()
}
