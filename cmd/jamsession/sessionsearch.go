package main

import (
	"errors"
	"fmt"

	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/site"
)

var errUnreadable = errors.New("SECRET_KEY is not the key of the site that made them, or their data is " +
	"damaged")

// A search looks at the sessions of a site, for those of a user or for all.
type search struct {
	user  string // a name or an id; empty: any, and nobody
	limit int    // 0: none

	list       []summary
	looked     int // at so many sessions
	unreadable int // of these
}

// run fills in the list. If no session at all can be read, that is an error: the key is
// another one, and nobody can say whose the sessions are.
func (f *search) run(a *app, site *site.Site, names *usernames) error {
	id, exists, err := "", true, error(nil)
	if f.user != "" {
		if id, exists, err = names.id(a.ctx, f.user); err != nil {
			return err
		}
	}
	for rec, err := range session.List(a.ctx, site.Store) {
		if err != nil {
			return listError(site, err)
		}
		if err := f.look(a, summarize(site, rec), id, names); err != nil {
			return err
		}
		if f.limit > 0 && len(f.list) == f.limit {
			break
		}
	}
	switch {
	case f.looked > 0 && f.unreadable == f.looked:
		return fmt.Errorf("%s: %w", unreadableOf(f.unreadable, f.looked), errUnreadable)
	case !exists && len(f.list) == 0:
		return noUser(f.user)
	case f.unreadable > 0:
		fmt.Fprintf(a.err, "jamsession: %s: their data is damaged, or signed with another SECRET_KEY\n",
			unreadableOf(f.unreadable, f.looked))
	}
	return nil
}

// look counts a session, and adds it to the list if it is searched for.
func (f *search) look(a *app, s summary, id string, names *usernames) (err error) {
	f.looked++
	if s.Items < 0 {
		f.unreadable++
	}
	if f.user != "" && s.User != id {
		return nil
	}
	s.Name, err = names.of(a.ctx, s.User)
	f.list = append(f.list, s)
	return err
}

func unreadableOf(n, all int) string {
	switch {
	case all == 1:
		return "the only session cannot be read"
	case n == all:
		return fmt.Sprintf("none of the %d sessions can be read", all)
	default:
		return fmt.Sprintf("%d of %d sessions cannot be read", n, all)
	}
}
