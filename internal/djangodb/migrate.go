package djangodb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"strings"
	"time"
)

//go:embed ddl
var ddl embed.FS

// Migrate applies what [DB.Plan] lists, in one transaction that excludes all
// other writers, and returns what it applied. Programs may call it at the
// same time. Afterwards the database is as Django's own migrate leaves it, so
// that manage.py migrate has nothing to do. Apps come after those they need.
func (db DB) Migrate(ctx context.Context, apps ...App) ([]string, error) {
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

// exclusively runs fn in a transaction that holds the lock on writing from
// its first statement on. database/sql cannot ask for one.
func (db DB) exclusively(ctx context.Context, fn func(*sql.Conn) error) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(ctx, dialects[db.Dialect].begin); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	err = fn(conn)
	if err == nil {
		_, err = conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		rollback(ctx, conn)
	}
	return err
}

// rollback ends the transaction also if ctx is done. A connection that cannot
// do even that must not go back into the pool.
func rollback(ctx context.Context, conn *sql.Conn) {
	_, err := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	if err != nil {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	}
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
	for _, s := range steps {
		_, err := conn.ExecContext(ctx,
			"INSERT INTO django_migrations (app, name, applied) VALUES (?, ?, ?)",
			s.app, s.name, db.Dialect.EncodeTime(time.Now(), db.Location))
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
		name := strings.Split(statement, `"`)[1] // CREATE TABLE "name" ...
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
			err := addContentType(ctx, conn, app.label, m)
			if err == nil && has(Auth) {
				err = addPermissions(ctx, conn, app.label, m)
			}
			if err != nil {
				return fmt.Errorf("describe %s.%s: %w", app.label, m.name, err)
			}
		}
	}
	return nil
}

func addContentType(ctx context.Context, conn *sql.Conn, app string, m model) error {
	_, err := conn.ExecContext(ctx, `INSERT INTO django_content_type (app_label, model)
		SELECT ?, ? WHERE NOT EXISTS
		(SELECT 1 FROM django_content_type WHERE app_label = ? AND model = ?)`,
		app, m.name, app, m.name)
	return err
}

func addPermissions(ctx context.Context, conn *sql.Conn, app string, m model) error {
	var errs []error
	for _, action := range []string{"add", "change", "delete", "view"} {
		codename := action + "_" + m.name
		_, err := conn.ExecContext(ctx, `INSERT INTO auth_permission (content_type_id, codename, name)
			SELECT c.id, ?, ? FROM django_content_type c
			WHERE c.app_label = ? AND c.model = ? AND NOT EXISTS
			(SELECT 1 FROM auth_permission p WHERE p.content_type_id = c.id AND p.codename = ?)`,
			codename, "Can "+action+" "+m.verbose, app, m.name, codename)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
