package auth

import (
	"errors"
	"net/http"

	"golang.org/x/text/unicode/norm"
)

// inEachForm tries a password as it was typed and, if that is wrong, in the other form of Unicode. The
// second try is a guess of its own for the limiter, or each request would be worth two. If that is right,
// the first one does not count, or a user who types that form would be locked out by logins.
func (m *Manager) inEachForm(r *http.Request, a Attempt, password string, try func(form string) error) error {
	err := try(password)
	other, differs := otherForm(password)
	if !differs || !errors.Is(err, ErrNoMatch) {
		return err
	}
	if err := m.limit(r, a); err != nil {
		return err
	}
	if err = try(other); err == nil {
		m.giveBack(r, a) // the first was not a guess
	}
	return err
}

// maxPassword is the length above which no password matches; see package password.
const maxPassword = 4096

// otherForm returns what another keyboard would have typed: the composed form (NFC), or the decomposed
// one (NFD) of what is composed. For most passwords they do not differ.
func otherForm(password string) (form string, differs bool) {
	switch {
	case len(password) > maxPassword:
		return password, false
	case !norm.NFC.IsNormalString(password):
		return norm.NFC.String(password), true
	case !norm.NFD.IsNormalString(password):
		return norm.NFD.String(password), true
	default:
		return password, false
	}
}
