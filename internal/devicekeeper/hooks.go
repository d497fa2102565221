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
}

// A Visit is a request of a user who is logged in on a device.
type Visit struct {
	UserID, ID string
	Floor      time.Time // of the user's logins; zero if there is none

	// RaiseFloor raises the floor of the user's logins, as Manager's, and returns it.
	RaiseFloor func(ctx context.Context) (time.Time, error)

	// SetFloor has the session say that it knows of a floor.
	SetFloor func(floor time.Time)
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

// Joined returns a Joiner if an auth.UserStore and a keeper are in the same database, and
// nil otherwise. Package sqlusers sets it. A type around its users, with methods of its own,
// is not joined.
var Joined = func(users any, k Keeper) Joiner { return nil }
