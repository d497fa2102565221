package sqlusers

import "github.com/jamsession/jamsession/internal/djangodb"

// The errors of this package, which are those of package auth, too.
var (
	ErrInvalid    = errInvalid
	ErrUserExists = errUserExists
)

// FloorColumns is what each user is loaded with.
func FloorColumns(d djangodb.Dialect) string { return floorColumns(d, true) }

// SelectByEmail is the statement by which ByEmail searches.
func SelectByEmail(d djangodb.Dialect) string { return d.Rebind(selectByEmail(d, true)) }
