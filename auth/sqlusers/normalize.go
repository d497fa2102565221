package sqlusers

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/internal/pystr"
	"github.com/jamsession/jamsession/auth/internal/username"
)

// errInvalid is wrapped by the errors of methods that store something, such
// as [Users.Create] and [Users.SetPassword], for a value that Django's forms
// or columns would refuse. Their texts name the field and say what is wrong
// with it. It is an [auth.ErrInvalidUser], too.
var errInvalid error = &kindError{"sqlusers: invalid", auth.ErrInvalidUser}

// A kindError is an error that package auth has its own name for.
type kindError struct {
	text string
	kind error
}

func (e *kindError) Error() string { return e.text }

func (e *kindError) Is(target error) bool { return target == e.kind }

// NormalizeUsername returns the form in which usernames are stored: Unicode's
// NFKC, in which look-alikes such as full-width letters become the letters.
// What is longer than 4096 bytes is returned as it is; it is too long for a
// username in every form. (Django: normalize_username.)
func NormalizeUsername(name string) string { return username.Normalize(name) }

// normalizeEmail returns the form in which addresses are stored: without
// spaces around it, and with the part after the last "@" in lower case. A text
// without "@" is returned as it is, and so is one that is longer than 4096
// bytes, which no address is. (Django: normalize_email.)
func normalizeEmail(email string) string {
	at := strings.LastIndexByte(email, '@')
	if at < 0 || len(email) > username.MaxLength {
		return email
	}
	email = pystr.Strip(email)
	at = strings.LastIndexByte(email, '@')
	return email[:at+1] + pystr.Lower(email[at+1:])
}

// names returns a name and an address as they are stored. A model may have both in one column: then
// one of them is enough, and both are what the name is.
func (u *Users) names(name, email string) (string, string, error) {
	if !u.table.sameColumn("email", "username") {
		return u.asName(name), normalizeEmail(email), nil
	}
	name, email = u.asName(cmp.Or(name, email)), u.asName(cmp.Or(email, name))
	if name != email {
		return "", "", invalid("email", "is not the username, which is in the same column")
	}
	return name, email, nil
}

// asName returns a name as it is stored.
func (u *Users) asName(name string) string {
	name = NormalizeUsername(name)
	if u.table.sameColumn("email", "username") {
		name = normalizeEmail(name)
	}
	return u.inCase(name)
}

// inCase returns a name in lower case, if the model has its names so.
func (u *Users) inCase(name string) string {
	if u.table.model.LowerNames && len(name) <= username.MaxLength {
		return pystr.Lower(name)
	}
	return name
}

// check returns an error that wraps errInvalid for the first field that does
// not fit. It does not look at the password.
func (u *Users) check(user auth.User) error {
	for _, f := range []struct{ name, value string }{
		{"username", user.Username},
		{"first_name", user.FirstName},
		{"last_name", user.LastName},
		{"email", user.Email},
	} {
		if err := u.checkField(f.name, f.value); err != nil {
			return err
		}
	}
	return nil
}

// checkField checks a text of a user. Django's rule for usernames is one of its own model.
func (u *Users) checkField(field, text string) error {
	if field == "username" {
		if text == "" {
			return invalid(field, "is empty")
		}
		if u.table.stock {
			return checkUsername(text)
		}
		if strings.TrimSpace(text) != text {
			return invalid(field, "has spaces around it, which a login form takes away")
		}
	}
	return checkText(strings.ReplaceAll(field, "_", " "), text, u.table.width(field))
}

// The widths of Django's columns, in characters.
const (
	maxName     = 150 // of users and groups
	maxEmail    = 254
	maxLabel    = 100 // of apps and models
	maxCodename = 100
	maxVerbose  = 255 // of permissions
	maxHash     = 128
)

func checkGroupName(name string) error {
	if strings.TrimSpace(name) == "" {
		return invalid("group name", "is empty")
	}
	return checkText("group name", name, maxName)
}

// check returns an error that wraps errInvalid for the first field of a
// permission that does not fit.
func (p Permission) check() error {
	if err := checkLabel("app label", p.AppLabel); err != nil {
		return err
	}
	if err := checkLabel("model", p.Model); err != nil {
		return err
	}
	if p.Codename == "" {
		return invalid("codename", "is empty")
	}
	if err := checkText("codename", p.Codename, maxCodename); err != nil {
		return err
	}
	return checkText("permission name", p.Name, maxVerbose)
}

// checkLabel checks the name of an app or a model. Up to the first dot, the
// name of a permission is the app.
func checkLabel(field, label string) error {
	switch {
	case label == "":
		return invalid(field, "is empty")
	case strings.Contains(label, "."):
		return invalid(field, "has a dot")
	default:
		return checkText(field, label, maxLabel)
	}
}

func checkUsername(name string) error {
	if err := checkText("username", name, maxName); err != nil {
		return err
	}
	for _, c := range name {
		if !unicode.IsLetter(c) && !unicode.IsNumber(c) && !strings.ContainsRune("@.+-_", c) {
			return invalid("username", "may have letters, digits and @.+-_ only")
		}
	}
	return nil
}

// checkPassword refuses what does not look like an encoded hash, so that no
// plain password is stored by mistake, and what would not fit: MySQL cuts it
// off if it is not strict, and no password is right any more.
func (u *Users) checkPassword(encoded string) error {
	if err := checkText("password", encoded, u.maxHash); err != nil {
		return err
	}
	if strings.HasPrefix(encoded, "!") || hashForm.MatchString(encoded) && len(encoded) >= shortestHash {
		return nil
	}
	return invalid("password", "is not encoded; give the result of password.Hashers.Hash")
}

// hashForm matches what all of Django's hashes have in common. The shortest
// is "md5$$" and 32 hex digits.
var hashForm = regexp.MustCompile(`^[a-z0-9_]+\$[^\s$]*\$[^\s]+$`)

const shortestHash = 37

// checkText checks a column of one line, of at most limit characters.
func checkText(field, value string, limit int) error {
	if err := checkBytes(field, value, limit); err != nil {
		return err
	}
	if strings.ContainsFunc(value, unicode.IsControl) {
		return invalid(field, "has a control character")
	}
	return nil
}

// checkBytes checks what every database needs of a text, of at most limit characters if that is not 0.
func checkBytes(field, value string, limit int) error {
	switch {
	case limit > 0 && longer(value, limit):
		return invalid(field, fmt.Sprintf("is longer than %d characters", limit))
	case !utf8.ValidString(value):
		return invalid(field, "is not UTF-8")
	case strings.ContainsRune(value, 0):
		return invalid(field, "has a control character")
	}
	return nil
}

// longer reports whether text has more than limit characters. It does not
// count those of a text that is far longer.
func longer(text string, limit int) bool {
	return len(text) > limit*utf8.UTFMax || utf8.RuneCountInString(text) > limit
}

func invalid(field, fault string) error {
	return fmt.Errorf("%w: %s %s", errInvalid, field, fault)
}
