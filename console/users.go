package console

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/jamsession/jamsession/auth"
)

// aBudget is how long a search may take that has no index.
const aBudget = 2 * time.Second

// mostUsers is how many a search shows.
const mostUsers = 50

// A userSearch is what the page of users shows.
type userSearch struct {
	Query      string
	Searches   bool // by the beginning of a name; else by a whole one
	Users      []auth.User
	More       bool // than these
	Incomplete bool // not all were looked at
	Problem    string
}

func (c *Console) searchUsers(w http.ResponseWriter, r *request) {
	found := userSearch{Query: strings.TrimSpace(r.URL.Query().Get("q")), Searches: c.office != nil}
	if err := c.findUsers(r.Context(), &found); err != nil {
		found.Problem = notAsked("The users", err)
	}
	c.render(w, r, statusOf(found.Problem), "users", page{Title: "Users", Section: "users", Data: found})
}

// findUsers fills in the users who are searched for. Without a text those are the first by name.
func (c *Console) findUsers(ctx context.Context, f *userSearch) error {
	limited, cancel := context.WithTimeout(ctx, c.budget)
	defer cancel()
	if c.office == nil {
		user, err := c.userNamed(limited, f.Query)
		if err == nil {
			f.Users = []auth.User{user}
		}
		return unlessMissing(err)
	}
	users, err := c.office.Search(limited, f.Query, mostUsers+1)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		f.Incomplete, err = true, nil
	}
	f.More = len(users) > mostUsers
	f.Users = users[:min(len(users), mostUsers)]
	return err
}

// userNamed returns the user with a name or an ID.
func (c *Console) userNamed(ctx context.Context, name string) (auth.User, error) {
	if name == "" {
		return auth.User{}, auth.ErrUserNotFound
	}
	user, err := c.users.ByUsername(ctx, name)
	if errors.Is(err, auth.ErrUserNotFound) {
		return c.users.ByID(ctx, name)
	}
	return user, err
}

func unlessMissing(err error) error {
	if errors.Is(err, auth.ErrUserNotFound) {
		return nil
	}
	return err
}

// statusOf is that of a page on which something could not be shown.
func statusOf(problem string) int {
	if problem != "" {
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}

// notAsked says in a sentence what is not there because a store did not answer. The cause is
// for the log: it may name servers.
func notAsked(what string, err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return what + " could not be read: there was no answer in time."
	}
	return what + " could not be read: the store cannot be asked."
}
