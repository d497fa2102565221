package sqlusers

import (
	"context"
	"iter"
	"math"

	"github.com/jamsession/jamsession/auth"
)

// listPage is how many rows List reads at once.
const listPage = 500

// List yields all users in order of their IDs, active or not, and an error at
// most once, last. It reads pages, and holds no connection while the loop
// runs: the loop may change users.
func (u *Users) List(ctx context.Context) iter.Seq2[auth.User, error] {
	return func(yield func(auth.User, error) bool) {
		after := int64(math.MinInt64)
		for {
			page, err := u.page(ctx, after)
			if err != nil {
				yield(auth.User{}, wrap(ctx, "list", err))
				return
			}
			for _, user := range page {
				if !yield(user, nil) {
					return
				}
				after = rowID(user)
			}
			if len(page) < listPage {
				return
			}
		}
	}
}

// page returns the first users whose ID is above another.
func (u *Users) page(ctx context.Context, after int64) ([]auth.User, error) {
	ctx, cancel := u.limit(ctx)
	defer cancel()
	rows, err := u.asked(ctx).list.Query(ctx, after, listPage)
	return collect(rows, err, u.scan)
}
