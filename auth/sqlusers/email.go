package sqlusers

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
)

// maxSameEmail is how many users may have one address; more are not returned.
const maxSameEmail = 100

// ByEmail returns the users who may reset their password by a letter to this
// address, in order of their IDs: those who are active, have a usable password,
// and this address in any case. There may be none, and there may be several.
// An empty address is nobody's. (Django: PasswordResetForm.get_users.)
//
// Write to User.Email, never to what was given: a database may hold two
// addresses for equal that lead to different people (CVE-2019-19844). ByEmail
// has compared them itself, too, as Django does: in the form NFKC, case folded.
func (u *Users) ByEmail(ctx context.Context, email string) ([]auth.User, error) {
	email = strings.TrimSpace(email)
	if email == "" || longer(email, maxEmail) || !utf8.ValidString(email) ||
		strings.ContainsRune(email, 0) {
		return nil, nil
	}
	ctx, cancel := u.limit(ctx)
	defer cancel()
	rows, err := u.asked(ctx).byEmail.QueryContext(ctx, true, email, maxSameEmail)
	found, err := collect(rows, err, u.scan)
	if err != nil {
		return nil, wrap(ctx, "read", err)
	}
	folded := foldEmail(email)
	return slices.DeleteFunc(found, func(user auth.User) bool {
		return !password.IsUsable(user.Password) || foldEmail(user.Email) != folded
	}), nil
}

func foldEmail(email string) string { return cases.Fold().String(norm.NFKC.String(email)) }
