package reset_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/reset"
	"github.com/jamsession/jamsession/auth/sqlusers"
	"github.com/jamsession/jamsession/auth/token"
	"github.com/jamsession/jamsession/mail"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

// The pages of a site on which users reset their password. The mails go to
// the terminal; mail.NewSMTP sends them.
func ExampleNew() {
	logins := new(auth.Manager)  // of the site
	users := new(sqlusers.Users) // likewise
	keys, err := secret.NewKeys("the site's SECRET_KEY, which is longer")
	if err != nil {
		fmt.Println(err)
		return
	}
	tokens, err := token.New(keys, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	resets, err := reset.New(logins, users, tokens, mail.Terminal(os.Stdout), &reset.Options{
		URL: "https://example.com/reset/{id}/{token}/",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /reset", func(w http.ResponseWriter, r *http.Request) {
		if err := resets.Request(r, r.PostFormValue("username")); err != nil {
			session.Abort(r, err)
		}
		fmt.Fprintln(w, "If there is an account, we will send a link to its email address.")
	})
	mux.HandleFunc("GET /reset/{id}/{token}/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Referrer-Policy", "same-origin")
		switch _, moved, err := resets.Open(r, r.PathValue("id"), r.PathValue("token")); {
		case moved:
			reset.Redirect(w, r, "../"+reset.KeptToken+"/")
		case errors.Is(err, reset.ErrBadLink):
			fmt.Fprintln(w, "This link has already been used or has expired.")
		case err != nil:
			session.Abort(r, err)
		default:
			fmt.Fprintln(w, `<form method="post"> ... </form>`)
		}
	})
	mux.HandleFunc("POST /reset/{id}/{token}/", func(w http.ResponseWriter, r *http.Request) {
		var weak *auth.PasswordError
		switch _, err := resets.Finish(r, r.PathValue("id"), r.PostFormValue("password")); {
		case errors.As(err, &weak):
			fmt.Fprintln(w, weak.Problems[0].Message)
		case errors.Is(err, reset.ErrBadLink):
			fmt.Fprintln(w, "This link has already been used or has expired.")
		case err != nil:
			session.Abort(r, err)
		default:
			http.Redirect(w, r, "/login", http.StatusSeeOther)
		}
	})
	if err := resets.Close(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
}
