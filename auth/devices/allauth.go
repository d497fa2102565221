package devices

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jamsession/jamsession/internal/devicekeeper"
	"github.com/jamsession/jamsession/internal/djangodb"
)

const allauthTable = "usersessions_usersession"

// allauthRows are those of django-allauth's table, which has the key of a session in place of
// an item of the session: Django makes such rows, gives them another key, and deletes those
// whose session is gone, without a word to the session. So the row of a login is the one that
// has the key of its session; or else the one that the session names, if Django has moved the
// session and not the row.
type allauthRows struct {
	db      djangodb.DB
	columns string // that scan reads
	user    userColumn
	address AddressKind

	parent          string // on MySQL the statement that locks a user
	byKey, byID, of *djangodb.Stmt
	byIDs           *djangodb.Batch
	unlisten        func() // to what ends logins in package sqlusers
}

var _ rows = (*allauthRows)(nil)

// allauthColumns are those of 0001_initial, with what each must be.
var allauthColumns = map[string][]djangodb.Kind{
	"id":      {djangodb.IntegerKind},
	"user_id": {djangodb.IntegerKind, djangodb.UUIDKind, djangodb.TextKind},
	"ip":      nil, "data": nil,
	"created_at": {djangodb.TimeKind}, "last_seen_at": {djangodb.TimeKind},
	"session_key": {djangodb.TextKind}, "user_agent": {djangodb.TextKind},
}

// openAllauthRows refuses a table that is another.
func openAllauthRows(ctx context.Context, db djangodb.DB, o Options) (_ rows, err error) {
	name, err := db.Dialect.TableName(allauthTable)
	if err != nil {
		return nil, fmt.Errorf("devices: %w", err)
	}
	fields, err := db.Fields(ctx, name)
	if err != nil {
		return nil, wrap(ctx, "open", err)
	}
	if len(fields) == 0 {
		// It is not a django.ErrNotMigrated: nobody here makes the table.
		return nil, fmt.Errorf("devices: there is no table %s: put allauth.usersessions into"+
			" INSTALLED_APPS of the Django site, and run its manage.py migrate", allauthTable)
	}
	if err := checkAllauth(fields); err != nil {
		return nil, err
	}
	a := &allauthRows{db: db, address: o.Address, user: userColumn{on: db.Dialect}}
	a.user.Field = fields[slices.IndexFunc(fields, named("user_id"))]
	a.columns = strings.Join([]string{
		"id", a.user.read(), db.Dialect.RawTime("created_at"), db.Dialect.RawTime("last_seen_at"),
		a.readIP(), "session_key", "user_agent", db.Dialect.Text("data"),
	}, ", ")
	if a.parent, err = a.findParent(ctx); err != nil {
		return nil, wrap(ctx, "open", err)
	}
	if err := a.prepare(ctx); err != nil {
		return nil, wrap(ctx, "prepare", err)
	}
	a.unlisten = devicekeeper.OnEnd(db.DB, a.deleteAll)
	return a, nil
}

func named(name string) func(djangodb.Field) bool {
	return func(f djangodb.Field) bool { return f.Name == name }
}

// checkAllauth compares the columns of the table with those of allauth.
func checkAllauth(fields []djangodb.Field) error {
	for _, name := range slices.Sorted(maps.Keys(allauthColumns)) {
		if !slices.ContainsFunc(fields, named(name)) {
			return fmt.Errorf("devices: %s has no column %s, as that of django-allauth has",
				allauthTable, name)
		}
	}
	for _, f := range fields {
		kinds, known := allauthColumns[f.Name]
		switch {
		case !known && f.IsRequired():
			return fmt.Errorf("devices: %s has a column %s, which django-allauth does not know, and"+
				" which needs a value", allauthTable, f.Name)
		case kinds != nil && !slices.Contains(kinds, f.Kind()):
			return fmt.Errorf("devices: the column %s of %s is of type %s, which it is not with"+
				" django-allauth", f.Name, allauthTable, f.Type)
		}
	}
	return nil
}

func (a *allauthRows) prepare(ctx context.Context) error {
	selected := "SELECT " + a.columns + " FROM " + allauthTable + " WHERE "
	a.byIDs = a.db.Batch(a.db.Dialect.BigInt(), func(list string) string {
		return selected + "id IN (" + list + ")"
	})
	for stmt, text := range map[**djangodb.Stmt]string{
		&a.byKey: a.db.Dialect.SameKey("session_key") + " AND " + a.user.is(),
		&a.byID:  "id = ? AND " + a.user.is(),
		&a.of:    a.user.is() + " ORDER BY last_seen_at DESC, id LIMIT 1000",
	} {
		var err error
		if *stmt, err = a.db.PrepareReader(ctx, selected+text); err != nil {
			return errors.Join(err, a.close())
		}
	}
	return nil
}

func (a *allauthRows) close() error {
	if a.unlisten != nil {
		a.unlisten()
	}
	errs := []error{a.byIDs.Close()}
	for _, stmt := range []*djangodb.Stmt{a.byKey, a.byID, a.of} {
		if stmt != nil {
			errs = append(errs, stmt.Close())
		}
	}
	return errors.Join(errs...)
}

// scan reads rows with the columns that are selected.
func (a *allauthRows) scan(found *sql.Rows, err error) ([]row, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }()
	var all []row
	for found.Next() {
		r, err := a.scanRow(found)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, found.Err()
}

func (a *allauthRows) scanRow(found *sql.Rows) (r row, err error) {
	var id int64
	var ip, data string
	created, seen := a.db.Time(), a.db.Time()
	user := userText{userColumn: a.user, text: &r.user}
	if err := found.Scan(&id, user, &created, &seen, &ip, &r.seal, &r.agent, &data); err != nil {
		return row{}, err
	}
	r.id, r.created, r.seen = strconv.FormatInt(id, 10), micros(created.At), micros(seen.At)
	r.address, r.expires = a.shown(ip), micros(time.Unix(never, 0))
	if isPending(r.seal) {
		r.expires = micros(created.At.Add(devicekeeper.PendingLife))
	}
	m := markOf(data)
	r.method, r.name, r.notBefore = m.Method, m.Name, m.Floor
	return r, nil
}

// first returns the only row, if there is one.
func first(found []row, err error) (row, bool, error) {
	if err != nil || len(found) == 0 {
		return row{}, false, err
	}
	return found[0], true, nil
}
