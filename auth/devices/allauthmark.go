package devices

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"

	"github.com/jamsession/jamsession/internal/djangodb"
)

// mark is what is ours in the column data, which allauth keeps as it is.
type mark struct {
	Method string `json:"method,omitempty"`
	Name   string `json:"name,omitempty"`
	Floor  int64  `json:"floor,omitempty"`
}

const markName = "jamsession"

// markOf reads it; a row of Django's has none.
func markOf(data string) (m mark) {
	var all map[string]json.RawMessage
	if json.Unmarshal([]byte(data), &all) == nil && len(all[markName]) > 0 {
		_ = json.Unmarshal(all[markName], &m)
	}
	return m
}

// in returns the data with the mark. What is not an object, as Django has it, is not kept.
func (m mark) in(data string) string {
	var all map[string]json.RawMessage
	if json.Unmarshal([]byte(data), &all) != nil || all == nil {
		all = make(map[string]json.RawMessage)
	}
	all[markName], _ = json.Marshal(m)
	text, _ := json.Marshal(all) // of valid JSON
	return string(text)
}

func (a *allauthRows) writeJSON() string {
	if a.db.Dialect == djangodb.PostgreSQL {
		return "CAST(? AS jsonb)"
	}
	return "?"
}

func (a *allauthRows) update(ctx context.Context, tx *sql.Conn, r row) (bool, error) {
	change := func(m *mark) { m.Method, m.Floor = r.method, max(m.Floor, r.notBefore) }
	return a.amend(ctx, tx, r.user, r.id, change,
		"created_at = ?, last_seen_at = ?, ip = "+a.writeIP()+", user_agent = ?",
		a.time(r.created), a.time(r.seen), ipOf(r.address), cut(r.agent, maxAgent))
}

func (a *allauthRows) spare(
	ctx context.Context, tx *sql.Conn, user, id string, floor int64,
) (bool, error) {
	return a.amend(ctx, tx, user, id, func(m *mark) { m.Floor = floor }, "")
}

func (a *allauthRows) rename(ctx context.Context, tx *sql.Conn, user, id, name string) error {
	_, err := a.amend(ctx, tx, user, id, func(m *mark) { m.Name = name }, "")
	return err
}

// amend changes what is ours of a row, and columns with it.
func (a *allauthRows) amend(
	ctx context.Context, tx *sql.Conn, user, id string, change func(*mark), set string, args ...any,
) (bool, error) {
	u, ok := a.user.args(user)
	if !ok || !a.isID(id) {
		return false, nil
	}
	where := " WHERE id = ? AND " + a.user.is()
	bound := append([]any{number(id)}, u...)
	query := "SELECT " + a.db.Dialect.Text("data") + " FROM " + allauthTable + where
	if a.db.Dialect != djangodb.SQLite {
		query += " FOR UPDATE"
	}
	var data string
	found, err := tx.QueryContext(ctx, a.db.Dialect.Rebind(query), bound...)
	err = djangodb.OneOf(found, err, &data)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, err
	}
	m := markOf(data)
	change(&m)
	if set != "" {
		set += ", "
	}
	_, err = tx.ExecContext(ctx, a.db.Dialect.Rebind("UPDATE "+allauthTable+" SET "+set+"data = "+
		a.writeJSON()+where), slices.Concat(args, []any{m.in(data)}, bound)...)
	return err == nil, err // MySQL does not count what is as it was
}
