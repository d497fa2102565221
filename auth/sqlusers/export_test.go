package sqlusers

import (
	"context"

	"github.com/jamsession/jamsession/django"
	"github.com/jamsession/jamsession/internal/djangodb"
)

// The errors of this package, which are those of package auth, too.
var (
	ErrInvalid    = errInvalid
	ErrUserExists = errUserExists
)

// FloorColumns is what each user is loaded with.
func FloorColumns(d djangodb.Dialect) string { return floorColumns(d, true) }

// SelectByEmail is the statement by which ByEmail searches.
func SelectByEmail(d djangodb.Dialect) string { return d.Rebind(selectByEmail(d, true)) }

// NormalizeEmail is the form in which Create and Update store an address.
var NormalizeEmail = normalizeEmail

// Plan is what Migrate would make.
func Plan(ctx context.Context, db django.Database) ([]string, error) {
	d, err := djangodb.New(db)
	if err != nil {
		return nil, err
	}
	return d.PlanUsers(ctx)
}
