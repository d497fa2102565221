package reset

import (
	"crypto/rand"
	"math/big"
	"slices"
	"strings"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/token"
	"github.com/jamsession/jamsession/mail"
	"github.com/jamsession/jamsession/secret"
)

// A Letter has the contents of a mail: the accounts of an address, and the link by which
// each gets a new password.
type Letter struct {
	To       string    // the address, as it is stored
	Accounts []Account // 1 to 20
	More     bool      // more accounts have the address: their users ask by name
}

// An Account is one of the accounts in a letter.
//
// Anybody can sign up with somebody else's address, and with a username that is an advertisement or
// a lie. So the texts of a user belong into a mail only where the site has verified the address
// before it mails to it; the mail that is written without Options.Compose has none.
type Account struct {
	User auth.User
	Link secret.Text // opens the account: reveal it in this mail only
}

const (
	maxLetters  = 3  // of one request
	maxAccounts = 20 // in one letter
)

// choose returns at most n of the users, and whether there are more: half of them are
// those who logged in last, the others are drawn at random. So strangers who sign up with
// somebody's address, before or after the owner, cannot keep the owner out permanently.
func choose(users []auth.User, n int) (some []auth.User, more bool) {
	if len(users) <= n {
		return users, false
	}
	users = slices.Clone(users)
	slices.SortStableFunc(users, func(a, b auth.User) int { return b.LastLogin.Compare(a.LastLogin) })
	shuffle(users[n/2:])
	return users[:n], true
}

// shuffle puts items in random order.
func shuffle[T any](items []T) {
	for i := range items {
		j, err := rand.Int(rand.Reader, big.NewInt(int64(i+1)))
		if err != nil {
			panic(err) // never: the program ends before
		}
		items[i], items[j.Int64()] = items[j.Int64()], items[i]
	}
}

// letter writes the links into a letter.
func (x *Resets) letter(p parcel) Letter {
	l := Letter{To: p.to, More: p.more}
	for _, user := range p.users {
		l.Accounts = append(l.Accounts, Account{user, secret.New(x.link(user))})
	}
	return l
}

func (x *Resets) link(user auth.User) string {
	return strings.NewReplacer(
		"{id}", token.EncodeID(user.ID),
		"{token}", x.tokens.Make(user),
	).Replace(x.opts.URL)
}

// compose writes a short mail in English. It has no text of the users in it: a stranger who signs up
// with somebody's address chooses the names, and could send that person anything.
func compose(l Letter) mail.Message {
	var b strings.Builder
	if len(l.Accounts) == 1 {
		b.WriteString("Hello,\n\n" +
			"someone, probably you, asked for a new password for the account with this email\n" +
			"address. Choose one here:\n\n" +
			l.Accounts[0].Link.Reveal() + "\n\n")
	} else {
		b.WriteString("Hello,\n\n" +
			"someone, probably you, asked for a new password. Several accounts have this email\n" +
			"address. Choose a new password for the one you mean:\n\n")
		for _, a := range l.Accounts {
			b.WriteString(describe(a.User) + "\n" + a.Link.Reveal() + "\n\n")
		}
	}
	if l.More {
		b.WriteString("More accounts have this address. If yours is not listed, ask again with its\n" +
			"username instead of the address.\n\n")
	}
	b.WriteString("If it was not you, ignore this mail: nothing has changed.\n")
	return mail.Message{Subject: "Choose a new password", Text: b.String()}
}

// describe tells the accounts of a person apart by what only the site has written.
func describe(user auth.User) string {
	const day = "2 January 2006"
	made, used := "Account", "never used"
	if !user.DateJoined.IsZero() {
		made += " of " + user.DateJoined.UTC().Format(day)
	}
	if !user.LastLogin.IsZero() {
		used = "last login on " + user.LastLogin.UTC().Format(day)
	}
	return made + ", " + used + ":"
}
