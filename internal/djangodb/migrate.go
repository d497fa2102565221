package djangodb

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"strings"
	"time"

	"github.com/jamsession/jamsession/internal/timelimit"
)

//go:embed ddl
var ddl embed.FS

// Migrate applies what [DB.Plan] lists, in one transaction that excludes all
// other programs that migrate, and returns what it applied. Programs may call
// it at the same time. On MySQL, which commits at each table that is made, an
// attempt that was cut off leaves tables that the next one adopts. Afterwards
// the database is as Django's own migrate leaves it, so that manage.py migrate
// has nothing to do. Apps come after those they need.
//
// It gives up after a quarter of an hour, in which a database can build the
// index of a large table that Django has left without, and wait for its turn.
func (db DB) Migrate(ctx context.Context, apps ...App) ([]string, error) {
	ctx, cancel := timelimit.Within(ctx, timelimit.Migration)
	defer cancel()
	if err := db.Dialect.Ping(ctx, db.DB); err != nil {
		return nil, err
	}
	steps, err := db.plan(ctx, db, apps)
	if err != nil || len(steps) == 0 {
		return nil, err
	}
	err = db.exclusively(ctx, func(conn *sql.Conn) error {
		// Another program may have been here since the first look.
		steps, err = db.plan(ctx, conn, apps)
		if err != nil || len(steps) == 0 {
			return err
		}
		return db.apply(ctx, conn, apps, steps)
	})
	if err != nil {
		return nil, err
	}
	return names(steps), nil
}

// exclusively runs fn while no other program migrates, in a transaction where
// there can be one. database/sql cannot ask for such a one.
func (db DB) exclusively(ctx context.Context, fn func(*sql.Conn) error) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	d := dialects[db.Dialect]
	if err := d.begin(ctx, conn); err != nil {
		cleanUp(ctx, conn, "ROLLBACK")
		return fmt.Errorf("begin: %w", err)
	}
	err = fn(conn)
	if err == nil {
		_, err = conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		cleanUp(ctx, conn, "ROLLBACK")
	}
	if d.end != "" {
		cleanUp(ctx, conn, d.end)
	}
	return err
}

func (db DB) apply(ctx context.Context, conn *sql.Conn, apps []App, steps []step) error {
	if err := db.create(ctx, conn, "migrations"); err != nil {
		return err
	}
	pending := map[string]bool{}
	for _, s := range steps {
		pending[s.app] = true
	}
	for _, app := range apps {
		if !pending[app.label] {
			continue
		}
		if err := db.create(ctx, conn, app.label); err != nil {
			return err
		}
	}
	if dialects[db.Dialect].autoDDL { // now for the rows, which come all or none
		if _, err := conn.ExecContext(ctx, "START TRANSACTION"); err != nil {
			return err
		}
	}
	for _, s := range steps {
		_, err := conn.ExecContext(ctx,
			db.Dialect.Rebind("INSERT INTO django_migrations (app, name, applied) VALUES (?, ?, ?)"),
			s.app, s.name, db.EncodeTime(time.Now()))
		if err != nil {
			return fmt.Errorf("record %s.%s: %w", s.app, s.name, err)
		}
	}
	return db.describe(ctx, conn)
}

// create makes the tables and indexes of a file of ddl that do not exist.
func (db DB) create(ctx context.Context, conn *sql.Conn, file string) error {
	text, err := ddl.ReadFile("ddl/" + strings.ToLower(db.Dialect.String()) + "/" + file + ".sql")
	if err != nil {
		return err
	}
	objects, err := column(ctx, conn, dialects[db.Dialect].objects)
	if err != nil {
		return err
	}
	exists := map[string]bool{}
	for _, name := range objects {
		exists[name] = true
	}
	for statement := range strings.Lines(string(text)) {
		name := strings.FieldsFunc(statement, isQuote)[1] // CREATE TABLE "name" ...
		if exists[name] {
			continue
		}
		_, err := conn.ExecContext(ctx, strings.TrimSuffix(statement, ";\n"))
		if err != nil {
			return fmt.Errorf("create %s: %w", name, err)
		}
	}
	return nil
}

func isQuote(r rune) bool { return r == '"' || r == '`' }

// describe makes the rows that Django makes after migrating: a content type
// for each model, and four permissions for each content type. A site without
// Django has nobody else to make them.
func (db DB) describe(ctx context.Context, conn *sql.Conn) error {
	applied, err := db.applied(ctx, conn)
	if err != nil {
		return err
	}
	has := func(app App) bool {
		ok, err := app.isApplied(applied)
		return ok && err == nil
	}
	if !has(ContentTypes) {
		return nil
	}
	for _, app := range []App{Auth, ContentTypes, Sessions} {
		if !has(app) {
			continue
		}
		for _, m := range app.models {
			err := db.describeModel(ctx, conn, app.label, m, has(Auth))
			if err != nil {
				return fmt.Errorf("describe %s.%s: %w", app.label, m.name, err)
			}
		}
	}
	return nil
}

func (db DB) describeModel(ctx context.Context, conn *sql.Conn, app string, m model, permissions bool) error {
	there, err := db.isThere(ctx, conn, m)
	if err != nil || !there {
		return err
	}
	err = db.addContentType(ctx, conn, app, m)
	if err == nil && permissions {
		err = db.addPermissions(ctx, conn, app, m)
	}
	return err
}

// isThere reports whether Django has a model: a site with users of its own has no auth.User.
func (db DB) isThere(ctx context.Context, conn *sql.Conn, m model) (bool, error) {
	if m.name != "user" {
		return true, nil
	}
	return checkTable(ctx, conn, table{name: "auth_user"}, db.Dialect.Columns)
}

func (db DB) addContentType(ctx context.Context, conn *sql.Conn, app string, m model) error {
	_, err := conn.ExecContext(ctx, db.Dialect.Rebind(`INSERT INTO django_content_type (app_label, model)
		SELECT ?, ? FROM (SELECT 1 AS one) one WHERE NOT EXISTS
		(SELECT 1 FROM django_content_type WHERE app_label = ? AND model = ?)`),
		app, m.name, app, m.name)
	return err
}

func (db DB) addPermissions(ctx context.Context, conn *sql.Conn, app string, m model) error {
	for _, action := range []string{"add", "change", "delete", "view"} {
		codename := action + "_" + m.name
		_, err := conn.ExecContext(ctx, db.Dialect.Rebind(
			`INSERT INTO auth_permission (content_type_id, codename, name)
			SELECT c.id, ?, ? FROM django_content_type c
			WHERE c.app_label = ? AND c.model = ? AND NOT EXISTS
			(SELECT 1 FROM auth_permission p WHERE p.content_type_id = c.id AND p.codename = ?)`),
			codename, "Can "+action+" "+m.verbose, app, m.name, codename)
		if err != nil {
			return err
		}
	}
	return nil
}
