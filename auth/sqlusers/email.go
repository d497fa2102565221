package sqlusers

import (
	"context"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/jamsession/jamsession/auth"
)

// maxSameEmail is how many users may have one address; more are not returned.
const maxSameEmail = 100

// ByEmail returns the active users with this address, whatever its case; none
// if there are none. Two addresses are the same only if they are equal in
// Unicode's NFKC without case, so that no look-alike that the database takes
// for equal gets another's mail (CVE-2019-19844). Send to the address that is
// stored, not to the one that was typed. (Django: PasswordResetForm.get_users.)
func (u *Users) ByEmail(ctx context.Context, email string) ([]auth.User, error) {
	if email == "" || checkText("email", email, 254) != nil {
		return nil, nil
	}
	rows, err := u.byEmail.QueryContext(ctx, email, maxSameEmail)
	if err != nil {
		return nil, wrap(ctx, "read", err)
	}
	defer func() { _ = rows.Close() }()
	var users []auth.User
	for rows.Next() {
		user, err := u.scan(rows)
		if err != nil {
			return nil, wrap(ctx, "read", err)
		}
		if user.IsActive && sameEmail(user.Email, email) {
			users = append(users, user)
		}
	}
	return users, wrap(ctx, "read", rows.Err())
}

func sameEmail(a, b string) bool { return foldEmail(a) == foldEmail(b) }

// foldEmail folds what is normal, and normalizes what is folded, since each
// can undo the other.
func foldEmail(email string) string {
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(email)))
}
