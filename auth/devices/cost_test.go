package devices_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/auth/devices"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/countdb"
	"github.com/jamsession/jamsession/internal/noerror"
	"github.com/jamsession/jamsession/internal/servertest"
)

// forEachDatabase calls test with a database by a driver that counts.
func forEachDatabase(t *testing.T, test func(t *testing.T, db django.Database, log *countdb.Log)) {
	for _, c := range []struct {
		name, driver string
		source       func() string
		dialect      django.Dialect
	}{
		{"SQLite", "sqlite", func() string { _, name := sqliteNamed(t); return name }, django.SQLite},
		{"PostgreSQL", "pgx", func() string { return servertest.Postgres(t).PostgresURL() }, django.PostgreSQL},
		{"MariaDB", "mysql", func() string { return servertest.MariaDB(t).MySQLName() }, django.MySQL},
	} {
		t.Run(c.name, func(t *testing.T) {
			db, log, err := countdb.Open(c.driver, c.source())
			if err != nil {
				t.Fatal(err)
			}
			db.SetMaxOpenConns(1)
			t.Cleanup(func() { _ = db.Close() })
			test(t, django.Database{DB: db, Dialect: c.dialect}, log)
		})
	}
}

// TestRequestsNeedNoMoreStatements than without devices.
func TestRequestsNeedNoMoreStatements(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, db django.Database, log *countdb.Log) {
		s := newSiteOn(t, db, inTable, devices.Options{})
		b, _ := s.login(t, "alice")
		statements := func() []string {
			b.is(t, "alice") // which prepares what is to be prepared
			s.devices.Flush()
			log.Take()
			b.is(t, "alice")
			s.devices.Flush()
			return log.Take()
		}
		with := statements()
		s.Handler = s.sessions.Handler(s.plain.Handler(s.pages()))
		without := statements()
		if len(with) != len(without) || len(without) < 2 {
			t.Errorf("with devices:\n%s\nwithout:\n%s", strings.Join(with, "\n"), strings.Join(without, "\n"))
		}
		if !strings.Contains(strings.Join(with, "\n"), "jamsession_device") {
			t.Errorf("no device is asked for:\n%s", strings.Join(with, "\n"))
		}
	})
}

// TestListSearchesByItsIndex: among 20 000 devices no database reads the table.
func TestListSearchesByItsIndex(t *testing.T) {
	if testing.Short() {
		t.Skip("not run: it makes 20 000 devices in three databases")
	}
	forEachDatabase(t, func(t *testing.T, db django.Database, _ *countdb.Log) {
		s := newSiteOn(t, db, inMemory, devices.Options{})
		s.fill(t, 20_000)
		text := s.devices.ListText()
		plan := s.plan(t, text)
		if !strings.Contains(plan, "jamsession_device_user") {
			t.Errorf("the plan of %s is\n%s", text, plan)
		}
		if list, err := s.devices.ListUser(t.Context(), "u777"); len(list) != 2 || err != nil {
			t.Errorf("ListUser: %d devices, %v", len(list), err)
		}
		// The same without the column of the index.
		if plan := s.plan(t, strings.Replace(text, "user_key =", "address =", 1)); strings.Contains(plan, "jamsession_device_user") {
			t.Errorf("the plan without an index is\n%s", plan)
		}
	})
}

// fill makes so many devices, two of each user.
func (s *site) fill(t testing.TB, rows int) {
	t.Helper()
	numbers, user, id := fmt.Sprintf("generate_series(1, %d) n", rows), "'u' || (n / 2)", "'d' || n"
	analyze := "ANALYZE jamsession_device"
	switch s.db.Dialect {
	case django.MySQL:
		numbers = fmt.Sprintf("(SELECT seq AS n FROM seq_1_to_%d) AS s", rows)
		user, id, analyze = "concat('u', n DIV 2)", "concat('d', n)", "ANALYZE TABLE jamsession_device"
	case django.SQLite:
		numbers = fmt.Sprintf("(WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < %d)"+
			" SELECT n FROM s)", rows)
	}
	s.exec(t, fmt.Sprintf("INSERT INTO jamsession_device (id, user_key, created, seen, expires, not_before, address,"+
		" agent, method, name, sealed) SELECT %s, %s, n, n, 4000000000000000, 0, '', '', 'password', '', '' FROM %s",
		id, user, numbers))
	s.exec(t, analyze)
}

// plan returns how the database would carry out a statement of the list.
func (s *site) plan(t *testing.T, text string) string {
	t.Helper()
	explain := map[django.Dialect]string{django.SQLite: "EXPLAIN QUERY PLAN ", django.MySQL: "EXPLAIN "}[s.db.Dialect]
	args := []any{"u777", int64(1), "d1"}
	if s.db.Dialect == django.PostgreSQL { // as it plans for values that it does not know
		s.exec(t, "SET plan_cache_mode = force_generic_plan")
		defer s.exec(t, "DEALLOCATE search")
		s.exec(t, "PREPARE search (text, bigint, text) AS "+text)
		explain, text, args = "", "EXPLAIN EXECUTE search ('u777', 1, 'd1')", nil
	}
	rows := noerror.In(s.db.DB.QueryContext(t.Context(), explain+text, args...))
	defer func() { _ = rows.Close() }()
	columns := noerror.In(rows.Columns())
	var plan strings.Builder
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(sql.RawBytes)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			fmt.Fprintf(&plan, "%s=%s ", columns[i], *v.(*sql.RawBytes))
		}
		plan.WriteString("\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}
