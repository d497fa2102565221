package site

import (
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/settings"
)

// TestTokensOfTheSettings: links time out when PASSWORD_RESET_TIMEOUT says,
// and those of an older secret are valid.
func TestTokensOfTheSettings(t *testing.T) {
	const one, two = "mkWzQ2v7TzfVnRr4pXoB9sEu1LhYjCd3GqA6tNwKiZ5xPyUf0e", "p4Yt7wq0Zr8Vd2Lx6Nb3Ms9Kc5Jh1Gf-Qe_Ta"
	user := auth.User{ID: "1", Password: "x"}
	tokens := tokensOf(t, map[string]string{"SECRET_KEY": one, "SECRET_KEY_FALLBACKS": two})
	old := tokensOf(t, map[string]string{"SECRET_KEY": two})
	if !tokens.Check(user, tokens.Make(user)) || !tokens.Check(user, old.Make(user)) {
		t.Error("a token is refused")
	}
	elsewhere := tokensOf(t, map[string]string{"SECRET_KEY": one, "TIME_ZONE": "UTC"})
	if tokens.Check(user, elsewhere.Make(user)) {
		t.Error("a token of UTC, an hour or two behind, is valid in Berlin")
	}
}

type checker interface {
	Make(auth.User) string
	Check(auth.User, string) bool
}

func tokensOf(t *testing.T, vars map[string]string) checker {
	t.Helper()
	s := described(t, map[string]string{"PASSWORD_RESET_TIMEOUT": "60", "TIME_ZONE": "Europe/Berlin"}, vars)
	if err := s.openMail(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s.Tokens
}

// described returns a site of which nothing is open.
func described(t *testing.T, maps ...map[string]string) *Site {
	t.Helper()
	flags := map[string]string{"SECRET_KEY": "mkWzQ2v7TzfVnRr4pXoB9sEu1LhYjCd3GqA6tNwKiZ5xPyUf0e"}
	for _, vars := range maps {
		for name, value := range vars {
			flags[name] = value
		}
	}
	loaded, err := settings.Load(settings.Sources{Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	s, err := prepare(loaded, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
