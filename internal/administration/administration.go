// Package administration is what a console for administrators asks of the users of a site,
// and other programs need not see. Package sqlusers has it for Django's tables.
package administration

import (
	"context"
	"errors"

	"github.com/jamsession/jamsession/auth"
)

// ErrNoLog says that Django's admin has no log in this database.
var ErrNoLog = errors.New("administration: there is no table django_admin_log")

// An Office is where administrators look users up, and what they do is written down.
type Office interface {
	// Search returns the users whose name or address of mails begins with a text, in order of
	// their names: at most so many.
	Search(ctx context.Context, prefix string, limit int) ([]auth.User, error)

	// Write adds an entry to the log of Django's admin. Its error is ErrNoLog if there is none.
	Write(ctx context.Context, e Entry) error
}

// An Entry is a row of django_admin_log.
type Entry struct {
	Actor    string // the ID of the user who acts
	About    string // the ID of the user whom it is about; "" for somebody without an account
	Name     string // of that user, or what the action was about
	Deletion bool   // whether something of the user is gone; else it is a change
	Message  string // what was done
}

// Of returns the Office of an auth.UserStore, nil if it has none. Package sqlusers sets it.
var Of = func(users any) Office { return nil }
