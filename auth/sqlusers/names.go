package sqlusers

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/internal/username"
)

// ByUsername returns the user with this name, active or not. Its error is
// [auth.ErrUserNotFound] if there is none.
//
// A name in another case is the user's if the database says so, as MySQL and MariaDB do with the usual
// collations, or if Options.IgnoreCase is set and only one user can be meant; a user with exactly this
// name comes first. Nothing but the case may differ: the collations take "Änn" for "ann", too.
func (u *Users) ByUsername(ctx context.Context, name string) (auth.User, error) {
	if len(name) > username.MaxLength { // a server may refuse so long a question
		return auth.User{}, auth.ErrUserNotFound
	}
	name = u.inCase(name)
	user, err := u.named(ctx, name)
	// Whether there is such a user or not, the questions are the same: their time tells nothing.
	for _, by := range u.otherWays() {
		found, failed := by(ctx, name)
		switch {
		case failed != nil:
			return auth.User{}, failed
		case errors.Is(err, auth.ErrUserNotFound) && len(found) == 1:
			user, err = found[0], nil
		}
	}
	if err != nil {
		return auth.User{}, err
	}
	return user, nil
}

// named returns the user whom the database finds by a name. Nothing but the case may differ; a column
// that is not unique may have several, of whom none is meant unless one has exactly this name.
func (u *Users) named(ctx context.Context, name string) (auth.User, error) {
	found, err := u.all(ctx, u.asked(ctx).byUsername, name)
	if err != nil {
		return auth.User{}, err
	}
	found = slices.DeleteFunc(found, func(user auth.User) bool { return !sameName(user.Username, name) })
	if len(found) > 1 {
		found = slices.DeleteFunc(found, func(user auth.User) bool { return user.Username != name })
	}
	if len(found) != 1 {
		return auth.User{}, auth.ErrUserNotFound
	}
	return found[0], nil
}

// otherWays are those in which the options allow a user to be named, in order.
func (u *Users) otherWays() (ways []func(context.Context, string) ([]auth.User, error)) {
	if u.opts.IgnoreCase {
		ways = append(ways, u.inAnyCase)
	}
	if u.opts.LoginByEmail {
		ways = append(ways, u.ByEmail)
	}
	return ways
}

// sameName reports whether names differ in nothing but the case of their letters. Characters that only
// look like others in some normal form are others.
func sameName(a, b string) bool {
	return a == b || strings.EqualFold(a, b) && username.Normalize(a) == a && username.Normalize(b) == b
}

// inAnyCase returns the users whose names differ from this one in nothing but the case.
func (u *Users) inAnyCase(ctx context.Context, name string) ([]auth.User, error) {
	ctx, cancel := u.limit(ctx)
	defer cancel()
	// SQLite, and others in some locales, know no case beyond ASCII.
	rows, err := u.asked(ctx).anyCase.Query(ctx, name, strings.ToLower(name), strings.ToUpper(name))
	found, err := collect(rows, err, u.scan)
	if err != nil {
		return nil, wrap(ctx, "read", err)
	}
	return slices.DeleteFunc(found, func(user auth.User) bool { return !sameName(user.Username, name) }), nil
}

// checkFree returns errUserExists if a user other than the one with this ID has the name, in any case.
func (u *Users) checkFree(ctx context.Context, name, id string) error {
	// There may be a row whose name is the same for the collation of the server only: it could not be
	// stored beside that.
	found, err := u.all(ctx, u.asked(ctx).byUsername, name)
	if err != nil {
		return err
	}
	others, err := u.inAnyCase(ctx, name)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(append(found, others...), func(user auth.User) bool { return user.ID != id }) {
		return errUserExists
	}
	return nil
}
