package devicekeeper

import (
	"database/sql"
	"sync"
)

// changes are who is told of the users of each database.
var changes = struct {
	mu sync.Mutex
	of map[*sql.DB]map[*func(userID string)]struct{}
}{of: make(map[*sql.DB]map[*func(string)]struct{})}

// OnChange has f called after something has changed in a database on which the logins of a user
// depend, until stop is called. It must not wait. Package sqlusers calls Changed.
func OnChange(db *sql.DB, f func(userID string)) (stop func()) {
	changes.mu.Lock()
	defer changes.mu.Unlock()
	if changes.of[db] == nil {
		changes.of[db] = make(map[*func(string)]struct{})
	}
	changes.of[db][&f] = struct{}{}
	return func() {
		changes.mu.Lock()
		defer changes.mu.Unlock()
		delete(changes.of[db], &f)
		if len(changes.of[db]) == 0 {
			delete(changes.of, db)
		}
	}
}

// Changed tells of a user of a database.
func Changed(db *sql.DB, userID string) {
	changes.mu.Lock()
	defer changes.mu.Unlock()
	for f := range changes.of[db] {
		(*f)(userID)
	}
}
