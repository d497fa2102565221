package settings_test

import (
	"fmt"

	"github.com/jamsession/jamsession/settings"
)

// Load reports everything that is wrong, one line per problem.
func ExampleLoad() {
	_, err := settings.Load(settings.Sources{Flags: map[string]string{
		"SESSION_COOKIE_AGE":      "two weeks",
		"SESSION_COOKIE_SAMESITE": "Laxx",
		"SESION_ENGINE":           "db",
	}})
	fmt.Println(err)
	// Output:
	// settings: SESION_ENGINE (flag): no such setting; did you mean SESSION_ENGINE?
	// settings: SESSION_COOKIE_AGE (flag) is "two weeks": want a whole number from 1 to 3153600000
	// settings: SESSION_COOKIE_SAMESITE (flag) is "Laxx": want "Lax", "Strict", "None", or false to leave it out
}

// A program has defaults of its own, and reads what was set.
func ExampleSources() {
	s, err := settings.Load(settings.Sources{
		Flags:    map[string]string{"LOGIN_URL": "/enter/"},
		Defaults: map[string]string{"LOGIN_URL": "/login/", "LOGOUT_REDIRECT_URL": "/bye/"},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Get("LOGIN_URL"), s.Get("LOGOUT_REDIRECT_URL"), s.Get("LOGIN_REDIRECT_URL"))
	// Output: /enter/ /bye/ /accounts/profile/
}
