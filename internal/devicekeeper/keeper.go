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

	// Look returns the state of a row of the user; zero if there is none.
	Look(ctx context.Context, userID, id string) (State, error)

	// Use notes, without waiting and without fail, that a request was made on a device.
	Use(r *http.Request, u Use)

	// Keep has the row of a login live as long as its session, before that is stored.
	Keep(ctx context.Context, userID, id string, until time.Time) error

	// End deletes a row of the user, if it is there.
	End(ctx context.Context, userID, id string) error

	// EndAll deletes the rows of a user, but for one; all rows if there is no user. It says
	// how many.
	EndAll(ctx context.Context, userID, except string) (int, error)

	// Attach gives the keeper what it needs of the manager that asks it.
	Attach(m Manager)
}

// A Login is one that gets a row.
type Login struct {
	UserID string
	Method string // by which the user has logged in, in a word

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
