package sqlusers

import (
	"context"
	"database/sql"

	"github.com/jamsession/jamsession/internal/devicekeeper"
	"github.com/jamsession/jamsession/internal/djangodb"
)

func init() {
	devicekeeper.StatesOf = func(users any) func(context.Context, []string, devicekeeper.GotState) error {
		if u, ok := users.(*Users); ok {
			return u.states
		}
		return nil
	}
}

// states is devicekeeper.StatesOf.
func (u *Users) states(ctx context.Context, ids []string, got devicekeeper.GotState) error {
	var keys []any
	for _, id := range ids {
		if args, err := u.table.key.args(id); err == nil { // others nobody can have
			keys = append(keys, args[0])
		}
	}
	ctx, cancel := u.limit(ctx)
	defer cancel()
	err := u.asked(ctx).states.Query(ctx, keys, func(row *sql.Rows) error {
		id := keyText{kind: u.table.key.kind}
		var password string
		var active bool
		var own, all sql.NullInt64
		if err := row.Scan(&id, &password, &active, &own, &all); err != nil {
			return err
		}
		got(id.text, password, active, floorTime(own, all))
		return nil
	})
	return wrap(ctx, "read states", err)
}

// states is the statement of the users of many keys, with what their logins depend on.
func (t *table) states(on djangodb.DB, floors bool) *djangodb.Batch {
	return on.Batch(t.key.param(), func(list string) string {
		return "SELECT " + t.key.read() + ", " + t.text("password") + ", " + t.flag("is_active", "TRUE") +
			", " + t.floorColumns(floors) + " FROM " + t.quoted +
			" WHERE " + t.key.column + " IN (" + list + ")"
	})
}
