package devicekeeper

import (
	"context"
	"database/sql"
	"net/http"
	"time"
)

// A Manager is what package devices needs of an *auth.Manager.
type Manager interface {
	// RaiseFloor ends the logins of the user that have no row. Its error wraps
	// auth.ErrNoFloors if there is nowhere to keep a floor.
	RaiseFloor(ctx context.Context, userID string) error

	// States returns, for each user, a digest of all that their logins depend on; zero for one
	// who is gone or may not log in, and StateUnknown for one who could not be asked for. The
	// error says why.
	States(ctx context.Context, users []User) ([]uint64, error)

	// Holds reports whether the login of a Visit would still be let in. What its session says
	// may have changed since: its record is under one of the keys. The floor is that of its
	// row's State.
	Holds(ctx context.Context, login any, keys []string, floor int64) (bool, error)
}

// StateUnknown is not the state of any user.
const StateUnknown = 1

// A User is a user of a backend.
type User struct{ Backend, ID string }

// A Visit is a request of a user who is logged in on a device.
type Visit struct {
	UserID, ID string
	Floor      time.Time // of the user's logins; zero if there is none

	// RaiseFloor raises the floor of the user's logins, as Manager's, and returns it.
	RaiseFloor func(ctx context.Context) (time.Time, error)

	// SetFloor has the session say that it knows of a floor.
	SetFloor func(floor time.Time)

	Manager Manager // for what is asked after the request
	Backend string  // of the user
	State   uint64  // of the user, as States returns it
	Login   any     // for Manager.Holds

	Key   string    // of the session's record; "" if there is none
	Until time.Time // when the session ends
}

// Visitor returns who sent a request, zero if the visitor is anonymous or the keeper is not
// that of the request's manager. Package auth sets it.
var Visitor func(r *http.Request, k Keeper) (Visit, error)

// Attach attaches an *auth.Manager to its keeper, if it has one by now. Package auth sets it.
var Attach func(manager any)

// A Joiner loads a user together with the state of a row, in one statement.
type Joiner interface {
	// UserOn stores the user in an *auth.User, and returns when the row was last seen; zero
	// if there is none. Its errors are those of ByID of an auth.UserStore.
	UserOn(ctx context.Context, user any, userID, id string) (seen time.Time, err error)
}

// A TableKeeper is a Keeper whose rows are in the table jamsession_device of a database.
type TableKeeper interface {
	Keeper

	// Pool returns the pool of connections that writes to it.
	Pool() *sql.DB
}

// StatesOf returns a function that calls got with each of many users of an auth.UserStore who
// is there, in one statement; nil if the store has none. Package sqlusers sets it.
var StatesOf = func(users any) func(ctx context.Context, ids []string, got GotState) error { return nil }

// GotState gets of a user what their logins depend on.
type GotState func(id, password string, active bool, floor time.Time)

// Joined returns a Joiner if an auth.UserStore and a keeper are in the same database, and
// nil otherwise. Package sqlusers sets it. A type around its users, with methods of its own,
// is not joined.
var Joined = func(users any, k Keeper) Joiner { return nil }
