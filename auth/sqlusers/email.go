package sqlusers

import (
	"context"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/password"
)

// maxSameEmail is how many rows with one address are read at once.
const maxSameEmail = 1000

// ByEmail returns the users who may reset their password by a mail to this
// address, in order of their IDs: those who are active, have a usable password,
// and have this address, in upper or lower case. There may be none, and there
// may be several. Nobody has the empty address. (Django:
// PasswordResetForm.get_users.)
//
// If more than 1000 rows have the address, it returns the users of 1000 that
// follow each other from a random one on, different ones each time: strangers
// who sign up with somebody else's address do not keep the owner out for
// good, and cost the database no more than that.
//
// Send mails to User.Email, never to the given address: a database may treat two
// addresses as equal that lead to different people (CVE-2019-19844). ByEmail
// also compares them itself, as Django does: in the form NFKC, case folded.
//
// The rows are found by the index jamsession_auth_user_email, which [Migrate] makes. On
// MySQL and MariaDB it has the collation of the column. If that is case-sensitive, Django
// finds an address only as it is stored, and ByEmail also in lower case, or with its
// domain in lower case. Each of these spellings that differs from the given one is then a
// separate search, of 1000 rows.
func (u *Users) ByEmail(ctx context.Context, email string) ([]auth.User, error) {
	email = strings.TrimSpace(email)
	if email == "" || !u.table.has("email") || longer(email, u.table.width("email")) ||
		!utf8.ValidString(email) || strings.ContainsRune(email, 0) {
		return nil, nil
	}
	ctx, cancel := u.limit(ctx)
	defer cancel()
	var found []auth.User
	for _, spelling := range u.spellings(email) {
		users, err := u.sameEmail(ctx, spelling)
		if err != nil {
			return nil, wrap(ctx, "read", err)
		}
		found = append(found, users...)
	}
	folded := foldEmail(email)
	found = slices.DeleteFunc(found, func(user auth.User) bool {
		return !user.IsActive || !password.IsUsable(user.Password) || foldEmail(user.Email) != folded
	})
	return u.unique(found), nil
}

// spellings are those of an address that the database must be asked for.
func (u *Users) spellings(email string) []string {
	if u.db.Dialect.ComparesUpper() {
		return []string{email}
	}
	all := []string{email, normalizeEmail(email), strings.ToLower(email)}
	slices.Sort(all)
	return slices.Compact(all)
}

// sameEmail returns the rows with an address, or if there are too many, those
// that follow a random id, and then those from the first on.
func (u *Users) sameEmail(ctx context.Context, email string) ([]auth.User, error) {
	key := u.table.key
	users, err := u.fromID(ctx, email, key.first(), maxSameEmail+1)
	if err != nil || len(users) <= maxSameEmail {
		return users, err
	}
	last := keyText{kind: key.kind}
	if err := u.asked(ctx).lastByEmail.One(ctx, []any{email}, &last); err != nil {
		return nil, err
	}
	from, err := key.between(users[0].ID, last.text)
	if err != nil {
		return nil, err
	}
	some, err := u.fromID(ctx, email, from, maxSameEmail)
	if err != nil {
		return nil, err
	}
	return append(some, users[:maxSameEmail-len(some)]...), nil
}

// fromID returns the rows with an address, starting at an id.
func (u *Users) fromID(ctx context.Context, email, id string, limit int) ([]auth.User, error) {
	rows, err := u.asked(ctx).byEmail.Query(ctx, email, u.table.key.from(id), limit)
	return collect(rows, err, u.scan)
}

// unique returns users in order of their ids, each once.
func (u *Users) unique(users []auth.User) []auth.User {
	// Package slices would be linked once more for this type.
	sort.Slice(users, func(i, j int) bool { return u.table.key.compare(users[i].ID, users[j].ID) < 0 })
	return slices.CompactFunc(users, func(a, b auth.User) bool { return a.ID == b.ID })
}

func foldEmail(email string) string { return cases.Fold().String(norm.NFKC.String(email)) }
