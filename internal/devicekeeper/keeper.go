// Package devicekeeper is what packages auth and devices say to each other, and programs
// need not see: a login asks for a row, each request for the state of its row.
package devicekeeper

import (
	"context"
	"net/http"
	"time"
)

// A Keeper has a row for each login that is alive. Package devices has one. Its errors mean
// that it could not be asked, except [Refused]. Each call ends with its context.
type Keeper interface {
	// Start makes the row of a login, and returns its id.
	Start(r *http.Request, l Login) (id string, err error)

	// Look returns the state of a row of the user; zero if there is none. The key is that of the
	// record of the session, "" if it has none.
	Look(ctx context.Context, userID, id, key string) (State, error)

	// Use notes, without waiting and without fail, that a request was made on a device.
	Use(r *http.Request, u Use)

	// Move is Use for a session whose record has another key than the row may say.
	Move(r *http.Request, m Move)

	// Keep has the row of a login live as long as its session, before that is stored.
	Keep(ctx context.Context, userID, id string, until time.Time) error

	// End deletes the row that Look finds, if it is there.
	End(ctx context.Context, userID, id, key string) error

	// Withdraw deletes a row that Start has made for a login which was adopted in vain, unless
	// another request has adopted it with this row: after Keep, it is that one's.
	Withdraw(ctx context.Context, userID, id string) error

	// IDs returns the rows of a user.
	IDs(ctx context.Context, userID string) ([]string, error)

	// EndSome deletes those of these rows of the user that are still there.
	EndSome(ctx context.Context, userID string, ids []string) error

	// EndBelow deletes the rows of a user, and of everybody if there is no user, whose logins
	// have not known of this floor, and those that are older than before: one may know of it
	// by the end of the visitor's other devices at the same time.
	EndBelow(ctx context.Context, userID string, floor int64, before time.Time) error

	// Renew notes, for those who watch a login, what is new of its session and in no record:
	// the Login of a Visit unless it is nil, and until when it lives.
	Renew(userID, id string, login any, until time.Time)

	// Attach gives the keeper what it needs of the manager that asks it.
	Attach(m Manager)
}

// A Login is one that gets a row.
type Login struct {
	UserID string
	Method string // by which the user has logged in, in a word
	Floor  int64  // of the user's logins when the password was checked, in seconds since 1970

	// Before is the row that the session has had, of this user or of another. It is
	// replaced, unless Same says that the login goes on.
	Before, BeforeUser string
	Same               bool

	// Adopted says that somebody else has made the login, before this request. Of says of
	// which session: requests of one that come at once share a row. Key is that of its record,
	// if that is known.
	Adopted bool
	Of, Key string
}

// A State is what is known of a row.
type State struct {
	ID    string    // may be another than was asked for, if Django has moved the session
	Moved bool      // the row does not have the key of the session yet
	Seen  time.Time // when it was last written that a request came; zero: there is no row
	Floor int64     // up to which floor of logins, in seconds since 1970, the login is not ended
}

// Alive reports whether there is a row.
func (s State) Alive() bool { return !s.Seen.IsZero() }

// A Use is a request on a device, with the record of its session.
type Use struct {
	UserID, ID string
	Key        string    // of the record, as the store has it; "" if that is not known
	Until      time.Time // when the record ends
}

// A Move is a session that has got another key.
type Move struct {
	Use

	Before  string // the key before, as the store had it; "" if that is not known
	JustNow bool   // by this request: the visitor does not have the key yet
	IsNew   bool   // and so is the login
}

// Refused is the error of a Start that a limit has refused: the login is not to be.
type Refused struct{ Err error }

// Error returns the text of Err.
func (r *Refused) Error() string { return r.Err.Error() }

// WriteEvery is how often a row says anew when it was last seen.
const WriteEvery = 5 * time.Minute

// PendingLife is how long a new row lives without [Keeper.Keep].
const PendingLife = time.Hour

// Slack is by how much a session may outlive its row without [Keeper.Keep].
const Slack = time.Hour

// A Presence is a Keeper that says how many devices were in use, by its own process.
type Presence interface {
	// InUse estimates how many different devices were used in each of the last n times so many
	// spans of [WriteEvery], the oldest first. It goes back a day.
	InUse(spans, n int) []int
}

// A SessionFinder is a Keeper that finds the session of a row, for administrators.
type SessionFinder interface {
	// SessionOf returns the key of the record of a login's session; "" if it is not known, as
	// with cookies that hold the session. Its error is devices.ErrNoDevice if there is no such row.
	SessionOf(ctx context.Context, userID, id string) (key string, err error)
}
