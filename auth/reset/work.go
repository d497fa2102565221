package reset

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/internal/username"
	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/internal/panics"
)

// The search has workers of its own, and asks the database as often for an
// address that nobody has as for any other. So the speed at which places in
// the queue come free does not tell who has an account, as it would if mails
// were sent here.
const (
	searchers = 2
	senders   = 4
)

// A parcel is a letter whose links have not been made yet.
type parcel struct {
	to     string
	users  []auth.User
	more   bool
	source string
	allow  allow
}

// work starts the workers. They end when the queue is closed and empty.
func (x *Resets) work(ctx context.Context) {
	var searching, sending sync.WaitGroup
	x.several(searchers, &searching, func() {
		for a := range x.queue.waiting {
			x.guard("reset: the users of a request", func() error { return x.search(ctx, a) })
			x.queue.release(a.source)
		}
	})
	x.several(senders, &sending, func() {
		for p := range x.mails {
			x.guard("reset: no mail was sent", func() error { return x.send(ctx, p) })
		}
	})
	panics.Go(func() {
		searching.Wait()
		close(x.mails)
		sending.Wait()
		x.later.group.Wait()
		x.stop()
		close(x.done)
	}, panics.Log(x.opts.Logger, "reset: the end"))
}

// several runs n workers.
func (x *Resets) several(n int, group *sync.WaitGroup, worker func()) {
	group.Add(n)
	for range n {
		panics.Go(func() {
			defer group.Done()
			worker()
		}, panics.Log(x.opts.Logger, "reset: a worker"))
	}
}

// guard logs the error of a piece of work, or its panic, which ends nothing
// else.
func (x *Resets) guard(doing string, work func() error) {
	panics.Guard(func() {
		if err := work(); err != nil {
			x.opts.Logger.Error(doing, slog.Any("error", err))
		}
	}, panics.Log(x.opts.Logger, doing))()
}

// search looks for the users of a request, and hands their letters on.
func (x *Resets) search(ctx context.Context, a asked) error {
	parcels, err := x.parcels(ctx, a.typed)
	for _, p := range parcels {
		p.source, p.allow = a.source, a.allow
		select {
		case x.mails <- p:
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		}
	}
	return err
}

// parcels returns the letters for what a visitor has typed: for the user of
// this name, and for each spelling in which the address is stored, first as it
// was typed, then in random order. If one of the two searches fails, the
// result of the other is still mailed.
func (x *Resets) parcels(ctx context.Context, typed string) ([]parcel, error) {
	named, err := x.named(ctx, typed)
	found, err2 := x.users.ByEmail(ctx, typed)
	stored := bySpelling(found)
	spellings := make([]string, 0, len(stored))
	for to := range stored {
		spellings = append(spellings, to)
	}
	shuffle(spellings)
	first(spellings, typed)
	var all []parcel
	if named.to != "" {
		all = append(all, named)
	}
	for _, to := range spellings {
		if to != named.to && len(all) < maxLetters {
			users, more := choose(stored[to], maxAccounts)
			all = append(all, parcel{to: to, users: users, more: more})
		}
	}
	return all, errors.Join(err, err2)
}

// named returns the letter for the user of exactly this name, whom other
// accounts of the address cannot displace; the zero parcel if there is none.
// The letter has the others, too: a stranger who asks by the name of an account
// with somebody's address uses up mails to this address, and must not keep its
// owner's link from the owner that way.
func (x *Resets) named(ctx context.Context, typed string) (parcel, error) {
	user, err := x.byUsername(ctx, typed)
	if err != nil && !errors.Is(err, auth.ErrUserNotFound) {
		return parcel{}, err
	}
	if err != nil || !canReset(user) {
		_, err := x.users.ByEmail(ctx, typed) // so that it takes as long
		return parcel{}, err
	}
	found, err := x.users.ByEmail(ctx, user.Email)
	others := slices.DeleteFunc(bySpelling(found)[user.Email], func(other auth.User) bool {
		return other.ID == user.ID
	})
	others, more := choose(others, maxAccounts-1)
	return parcel{to: user.Email, users: append([]auth.User{user}, others...), more: more}, err
}

// byUsername reads the name as Django's login form does, and does not ask for
// a name that a database cannot have.
func (x *Resets) byUsername(ctx context.Context, typed string) (auth.User, error) {
	name := username.Normalize(typed)
	if name == "" || !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
		return auth.User{}, auth.ErrUserNotFound
	}
	return x.users.ByUsername(ctx, name)
}

// canReset reports whether a user may get a mail. (Django:
// PasswordResetForm.get_users.)
func canReset(user auth.User) bool {
	return user.IsActive && user.Email != "" && password.IsUsable(user.Password)
}

// bySpelling returns the users who may get a mail, by the addresses that it goes
// to.
func bySpelling(users []auth.User) map[string][]auth.User {
	stored := make(map[string][]auth.User)
	for _, user := range users {
		if canReset(user) {
			stored[user.Email] = append(stored[user.Email], user)
		}
	}
	return stored
}

// first moves an item to the front, if it is there.
func first(all []string, item string) {
	if i := slices.Index(all, item); i > 0 {
		all[0], all[i] = all[i], all[0]
	}
}

// send sends one mail, unless its address has had too many.
func (x *Resets) send(ctx context.Context, p parcel) error {
	if p.allow != nil {
		err := p.allow(ctx, p.to, p.users)
		var refusal http.Handler
		switch {
		case errors.As(err, &refusal):
			x.tellLimited(new(http.Request).WithContext(ctx), p.source, err) // the visitor's is over
			return nil                                                       // the limiter has logged it
		case err != nil:
			return err
		}
	}
	m := x.opts.Compose(x.letter(p))
	m.To = p.to
	return x.deliver(ctx, m, p.source)
}
