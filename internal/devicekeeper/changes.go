package devicekeeper

import (
	"context"
	"database/sql"
	"sync"
)

// hooks are functions that concern the users of a database.
type hooks[F any] struct {
	mu sync.Mutex
	of map[*sql.DB]map[*F]struct{}
}

// add returns what takes the function away.
func (h *hooks[F]) add(db *sql.DB, f F) (stop func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.of == nil {
		h.of = make(map[*sql.DB]map[*F]struct{})
	}
	if h.of[db] == nil {
		h.of[db] = make(map[*F]struct{})
	}
	h.of[db][&f] = struct{}{}
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.of[db], &f)
		if len(h.of[db]) == 0 {
			delete(h.of, db)
		}
	}
}

// all returns the functions.
func (h *hooks[F]) all(db *sql.DB) (all []F) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for f := range h.of[db] {
		all = append(all, *f)
	}
	return all
}

var (
	changes hooks[func(userID string)]
	ends    hooks[func(ctx context.Context, tx *sql.Conn, userID string) error]
)

// OnChange has f called after something has changed in a database on which the logins of a user
// depend, until stop is called. It must not wait. Package sqlusers calls Changed.
func OnChange(db *sql.DB, f func(userID string)) (stop func()) { return changes.add(db, f) }

// Changed tells of a user of a database. Whom OnChange has stopped is not called any more.
func Changed(db *sql.DB, userID string) {
	changes.mu.Lock()
	defer changes.mu.Unlock()
	for f := range changes.of[db] {
		(*f)(userID)
	}
}

// OnEnd has f called within each transaction that ends all logins of a user, until stop is called,
// to delete rows that package sqlusers does not know.
func OnEnd(db *sql.DB, f func(ctx context.Context, tx *sql.Conn, userID string) error) (stop func()) {
	return ends.add(db, f)
}

// End deletes these rows.
func End(ctx context.Context, db *sql.DB, tx *sql.Conn, userID string) error {
	for _, f := range ends.all(db) {
		if err := f(ctx, tx, userID); err != nil {
			return err
		}
	}
	return nil
}
