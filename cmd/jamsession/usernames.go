package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/site"
)

// withNames runs a command that looks at sessions, and at the names of their users if these
// are in reach: sessions may be in a cache, and the users of a program elsewhere.
func (a *app) withNames(run func(*site.Site, *usernames) error) error {
	if err := a.folderIsThere(); err != nil {
		return err
	}
	here, err := a.open(nil)
	if err == nil {
		names := &usernames{users: here.Users(), known: make(map[string]string)}
		return errors.Join(run(here, names), here.Close())
	}
	here, err2 := a.open(&site.Options{NoUsers: true})
	if err2 != nil {
		return err
	}
	fmt.Fprintf(a.err, "jamsession: the names of users are not known: %s\n", legible(ownWords(err.Error())))
	return errors.Join(run(here, new(usernames)), here.Close())
}

// usernames finds users by what sessions have of them, and by what people call them.
type usernames struct {
	users *sqlusers.Users   // nil: out of reach
	known map[string]string // by id
}

// of returns the name of a user, which is empty if nobody has this id.
func (n *usernames) of(ctx context.Context, id string) (string, error) {
	if n.users == nil || id == "" {
		return "", nil
	}
	if name, ok := n.known[id]; ok {
		return name, nil
	}
	user, err := n.users.ByID(ctx, id)
	if err != nil && !errors.Is(err, auth.ErrUserNotFound) {
		return "", err
	}
	n.known[id] = user.Username
	return user.Username, nil
}

// id returns the id of the user who is meant by a name or an id, and whether there is such a
// user. A name with a colon is none, so that "id:22" can only be an id.
func (n *usernames) id(ctx context.Context, given string) (id string, exists bool, err error) {
	if id, ok := strings.CutPrefix(given, "id:"); ok || n.users == nil {
		return id, true, nil // without the users, all that can be said
	}
	named, err := n.users.ByUsername(ctx, sqlusers.NormalizeUsername(given))
	if err != nil && !errors.Is(err, auth.ErrUserNotFound) {
		return "", false, err
	}
	numbered, err := n.users.ByID(ctx, given)
	if err != nil && !errors.Is(err, auth.ErrUserNotFound) {
		return "", false, err
	}
	switch {
	case named.ID != "" && numbered.ID != "" && named.ID != numbered.ID:
		return "", true, fmt.Errorf("%q is the name of one user and the id of another: write id:%s for "+
			"the first, or id:%s", given, named.ID, numbered.ID)
	case named.ID != "":
		return named.ID, true, nil
	default:
		return given, numbered.ID != "", nil
	}
}
