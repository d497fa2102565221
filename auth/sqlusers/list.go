package sqlusers

import (
	"context"
	"iter"

	"github.com/jamsession/jamsession/auth"
)

// listPage is how many rows List reads at once.
const listPage = 500

// List yields all users in order of their IDs, active or not, and an error at
// most once, last. It reads pages, and holds no connection while the loop
// runs: the loop may change users.
func (u *Users) List(ctx context.Context) iter.Seq2[auth.User, error] {
	return func(yield func(auth.User, error) bool) {
		from, last := u.table.key.first(), ""
		for {
			page, err := u.page(ctx, from)
			if err != nil {
				yield(auth.User{}, wrap(ctx, "list", err))
				return
			}
			for _, user := range page {
				if user.ID == last {
					continue // the page before ended with this one
				}
				if !yield(user, nil) {
					return
				}
			}
			if len(page) < listPage {
				return
			}
			last = page[len(page)-1].ID
			from = last
		}
	}
}

// page returns the first users from an ID on.
func (u *Users) page(ctx context.Context, from string) ([]auth.User, error) {
	ctx, cancel := u.limit(ctx)
	defer cancel()
	rows, err := u.asked(ctx).list.Query(ctx, u.table.key.from(from), listPage)
	return collect(rows, err, u.scan)
}
