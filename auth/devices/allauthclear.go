package devices

import (
	"cmp"
	"context"
	"slices"
	"time"
)

func (a *allauthRows) expired(ctx context.Context, end time.Time, after string) ([]row, error) {
	return a.scan(a.db.Writer("SELECT "+a.columns+" FROM "+allauthTable+
		" WHERE last_seen_at <= ? AND id > ? ORDER BY id LIMIT ?").
		Query(ctx, a.time(micros(end)), number(cmp.Or(after, "0")), batch))
}

// drop deletes a row that still has the key of the session that is gone.
func (a *allauthRows) drop(ctx context.Context, r row, end time.Time) (bool, error) {
	n, err := a.db.Writer("DELETE FROM "+allauthTable+" WHERE id = ? AND "+
		a.db.Dialect.SameKey("session_key")+" AND last_seen_at <= ?").
		Exec(ctx, slices.Concat([]any{number(r.id)}, a.db.Dialect.KeyArgs(nil, r.seal),
			[]any{a.time(micros(end))})...)
	return n > 0, err
}

func (a *allauthRows) clearAddresses(
	ctx context.Context, after string, end time.Time,
) (last string, err error) {
	found, err := a.next(ctx, after)
	if err != nil || len(found) == 0 {
		return "", err
	}
	last = found[len(found)-1].id
	_, err = a.db.Writer("UPDATE "+allauthTable+" SET ip = "+a.writeIP()+
		" WHERE id >= ? AND id <= ? AND last_seen_at < ?").
		Exec(ctx, ipOf(""), number(found[0].id), number(last), a.time(micros(end)))
	return last, err
}

func (a *allauthRows) deleteNext(
	ctx context.Context, after string, floor, before int64,
) (last string, n int, err error) {
	found, err := a.next(ctx, after)
	if err != nil || len(found) == 0 {
		return "", 0, err
	}
	var below []any
	for _, r := range found {
		if r.notBefore < floor || r.created < before {
			below = append(below, number(r.id))
		}
	}
	if len(below) > 0 {
		deleted, err := a.db.Writer("DELETE FROM "+allauthTable+" WHERE id IN ("+questions(len(below))+")").
			Exec(ctx, below...)
		if err != nil {
			return "", 0, err
		}
		n = int(deleted)
	}
	return found[len(found)-1].id, n, nil
}

// next returns the next rows after an id.
func (a *allauthRows) next(ctx context.Context, after string) ([]row, error) {
	return a.scan(a.db.Writer("SELECT "+a.columns+" FROM "+allauthTable+
		" WHERE id > ? ORDER BY id LIMIT ?").Query(ctx, number(cmp.Or(after, "0")), batch))
}
