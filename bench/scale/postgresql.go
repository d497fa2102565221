package scale

import (
	"context"
	"database/sql"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/jamsession/jamsession/bench/report"
	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sqlstore"
)

// poolSize is how many connections package settings opens at most.
const poolSize = 25

// postgreSQL measures reads and clearing, and returns the server's version.
func (r *run) postgreSQL() string {
	_, server := servertest.StartPostgres(r)
	small := r.fillPostgreSQL(server, "small", smallTable(r.size.Hot))
	large := r.fillPostgreSQL(server, "large", tableOf(r.size.PostgreSQL, r.size.Hot))
	r.timed("copy the table", func() error { // in PostgreSQL 15 and newer
		return r.postgreSQLDo(server, "CREATE DATABASE again TEMPLATE large STRATEGY file_copy")
	})
	one := r.openPostgreSQL(server, "large", large)
	two := r.openPostgreSQL(server, "again", large)

	few := r.openPostgreSQL(server, "small", small)
	times := r.pointReads("PostgreSQL", few, one, r.size.PostgreSQL)
	db, between := r.cleaner(server, "large")
	first := managed(one, r.postgreSQLStore(db), between)
	db, between = r.cleaner(server, "again")
	slow := r.clearings("PostgreSQL", r.size.PostgreSQL,
		first, unbounded(two, db, djangodb.PostgreSQL, between))
	r.postgreSQLGoals(times, slow[0])

	var version string
	r.check("version", db.QueryRowContext(r.ctx, "SHOW server_version").Scan(&version))
	return version
}

func (r *run) postgreSQLGoals(times float64, slow slowdown) {
	rows, hot := thousands(r.size.PostgreSQL), thousands(r.size.Hot)
	clearing := "PostgreSQL: while " + thousands(r.size.PostgreSQL/expiredOneIn) + " of " + rows +
		" rows are cleared, p99 of "
	r.out.Goals = append(r.out.Goals,
		report.Goal{
			What: "PostgreSQL: point read at " + rows + " rows, " + hot +
				" of them hot, times that at " + hot,
			Limit: 1.3, Got: times,
		},
		report.Goal{What: clearing + "reads, times the quiet one", Limit: 1.8, Got: slow.reads},
		report.Goal{What: clearing + "updates, times the quiet one", Limit: 4, Got: slow.updates})
}

// openPostgreSQL returns the table of a database, as a program opens it.
func (r *run) openPostgreSQL(server servertest.Database, name string, hot []session.Record) table {
	return newTable(r.postgreSQLStore(r.postgreSQLPool(server, name, nil)), hot)
}

// postgreSQLPool opens a database. Tracer, if not nil, is told the statements.
func (r *run) postgreSQLPool(server servertest.Database, name string, tracer pgx.QueryTracer) *sql.DB {
	server.Name = name
	config, err := pgx.ParseConfig(server.PostgresURL())
	r.check("open", err)
	config.Tracer = tracer
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(poolSize)
	db.SetMaxIdleConns(poolSize)
	r.Cleanup(func() { _ = db.Close() })
	return db
}

func (r *run) postgreSQLStore(db *sql.DB) session.Store {
	store, err := sqlstore.New(r.ctx, django.Database{DB: db, Dialect: django.PostgreSQL}, nil)
	r.check("open", err)
	return store
}

// cleaner returns the pool of another program, and what holds it between two
// of its statements.
func (r *run) cleaner(server servertest.Database, name string) (*sql.DB, *gate) {
	between := &gate{}
	return r.postgreSQLPool(server, name, between), between
}

// A gate is locked while a statement runs.
type gate struct{ sync.Mutex }

// TraceQueryStart implements [pgx.QueryTracer].
func (g *gate) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	g.Lock()
	return ctx
}

// TraceQueryEnd implements [pgx.QueryTracer].
func (g *gate) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) { g.Unlock() }

// postgreSQLDo runs a statement in the server's first database.
func (r *run) postgreSQLDo(server servertest.Database, statement string) error {
	conn, err := pgx.Connect(r.ctx, server.PostgresURL())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(r.ctx)) }()
	_, err = conn.Exec(r.ctx, statement)
	return err
}

// fillPostgreSQL makes a database with Django's table in it, fills it, and
// returns its hot rows. The indexes are made anew afterwards, which is faster.
func (r *run) fillPostgreSQL(server servertest.Database, name string, rows *rows) []session.Record {
	r.check("create a database", r.postgreSQLDo(server, "CREATE DATABASE "+name))
	server.Name = name
	r.migratePostgreSQL(server)
	conn, err := pgx.Connect(r.ctx, server.PostgresURL())
	r.check("open", err)
	defer func() { _ = conn.Close(context.WithoutCancel(r.ctx)) }()

	drop, create := r.indexes(conn)
	r.timed("load "+thousands(rows.n)+" rows", func() error {
		if _, err := conn.Exec(r.ctx, drop); err != nil {
			return err
		}
		_, err := conn.CopyFrom(r.ctx, pgx.Identifier{"django_session"},
			[]string{"session_key", "session_data", "expire_date"}, &copySource{rows: rows})
		return err
	})
	r.timed("make its indexes", func() error {
		_, err := conn.Exec(r.ctx, "SET maintenance_work_mem = '512MB'; "+create)
		return err
	})
	r.timed("vacuum it", func() error {
		_, err := conn.Exec(r.ctx, "VACUUM (ANALYZE) django_session")
		return err
	})
	return rows.hot
}

func (r *run) migratePostgreSQL(server servertest.Database) {
	db, err := sql.Open("pgx", server.PostgresURL())
	r.check("open", err)
	defer func() { _ = db.Close() }()
	_, err = sqlstore.Migrate(r.ctx, django.Database{DB: db, Dialect: django.PostgreSQL})
	r.check("migrate", err)
}

// indexes returns statements that drop all indexes of the table, and that
// make the same again.
func (r *run) indexes(conn *pgx.Conn) (drop, create string) {
	statements, err := conn.Query(r.ctx, `SELECT
			CASE WHEN conname IS NULL THEN 'DROP INDEX ' || quote_ident(relname)
			ELSE 'ALTER TABLE django_session DROP CONSTRAINT ' || quote_ident(conname) END,
			CASE WHEN conname IS NULL THEN pg_get_indexdef(indexrelid)
			ELSE 'ALTER TABLE django_session ADD CONSTRAINT ' || quote_ident(conname) || ' ' ||
				pg_get_constraintdef(con.oid) END
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		LEFT JOIN pg_constraint con ON con.conindid = i.indexrelid
		WHERE indrelid = 'django_session'::regclass`)
	r.check("list the indexes", err)
	var drops, creates []string
	var one, other string
	_, err = pgx.ForEachRow(statements, []any{&one, &other}, func() error {
		drops, creates = append(drops, one), append(creates, other)
		return nil
	})
	r.check("list the indexes", err)
	return strings.Join(drops, "; "), strings.Join(creates, "; ")
}

// copySource hands rows to COPY.
type copySource struct {
	rows *rows
	rec  session.Record
}

func (s *copySource) Next() (ok bool) {
	s.rec, ok = s.rows.next()
	return ok
}

func (s *copySource) Values() ([]any, error) {
	return []any{s.rec.Key, string(s.rec.Data), s.rec.Expiry}, nil
}

func (s *copySource) Err() error { return nil }
