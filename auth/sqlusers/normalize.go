package sqlusers

import (
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

// check returns an error that wraps errInvalid for the first field that does
// not fit. It does not look at the password.
func check(u auth.User) error {
	if err := checkUsername(u.Username); err != nil {
		return err
	}
	if err := checkFirstName(u.FirstName); err != nil {
		return err
	}
	if err := checkLastName(u.LastName); err != nil {
		return err
	}
	return checkEmail(u.Email)
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

func checkFirstName(name string) error { return checkText("first name", name, maxName) }

func checkLastName(name string) error { return checkText("last name", name, maxName) }

func checkEmail(email string) error { return checkText("email", email, maxEmail) }

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
	if name == "" {
		return invalid("username", "is empty")
	}
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

// checkText checks a column of at most limit characters.
func checkText(field, value string, limit int) error {
	switch {
	case longer(value, limit):
		return invalid(field, fmt.Sprintf("is longer than %d characters", limit))
	case !utf8.ValidString(value):
		return invalid(field, "is not UTF-8")
	case strings.ContainsFunc(value, unicode.IsControl):
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
