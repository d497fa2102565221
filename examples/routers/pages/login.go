package pages

import (
	"errors"
	"net/http"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/messages"
	"github.com/jamsession/jamsession/session"
)

// Login is the page for the login, and the answer to the button "Log out".
type Login struct{ Auth *auth.Manager }

var loginPage = page(`<p role="alert">{{.Text}}</p>
<form method="post">{{.Token}}
<label>Username <input name="username" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<label><input name="remember" type="checkbox"> Remember me</label>
<button>Log in</button></form>`)

// Form shows the form.
func (l Login) Form(w http.ResponseWriter, r *http.Request) {
	if l.Auth.RedirectAuthenticated(w, r) {
		return // somebody who is logged in goes on
	}
	show(w, r, loginPage, "")
}

// In logs the visitor in.
func (l Login) In(w http.ResponseWriter, r *http.Request) {
	user, err := l.Auth.Authenticate(r, r.PostFormValue("username"), r.PostFormValue("password"))
	switch {
	case errors.Is(err, auth.ErrNoMatch):
		show(w, r, loginPage, "Wrong username or password.")
		return
	case err == nil:
		err = l.Auth.Login(r, user)
	}
	if err != nil {
		session.Abort(r, err) // too many attempts: 429; the database is down: 503
	}
	l.Auth.StayLoggedIn(r, r.PostFormValue("remember") != "")
	messages.Success(r, "Welcome, "+user.Username+".")
	http.Redirect(w, r, l.Auth.SafeNext(r, "/"), http.StatusSeeOther)
}

// Out logs the visitor out.
func (l Login) Out(w http.ResponseWriter, r *http.Request) {
	l.Auth.Logout(r)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
