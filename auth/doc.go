// Package auth logs visitors in and out, and finds the user of a request. Users, sessions
// and hashes are Django's: a visitor who logs in here is also logged in at a Django site
// that shares the tables and the SECRET_KEY, and the other way round.
//
//	users, err := sqlusers.New(ctx, db, nil)
//	...
//	keys, err := secret.NewKeys(os.Getenv("SECRET_KEY"))
//	...
//	logins, err := auth.New(users, keys, nil)
//	...
//	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
//		user, err := logins.Authenticate(r,
//			r.PostFormValue("username"), r.PostFormValue("password"))
//		if errors.Is(err, auth.ErrNoMatch) {
//			showForm(w, "Wrong username or password.")
//			return
//		}
//		if err == nil {
//			err = logins.Login(r, user)
//		}
//		if err != nil {
//			session.Abort(r, err) // 503: it could not be found out
//		}
//		http.Redirect(w, r, logins.SafeNext(r, ""), http.StatusSeeOther)
//	})
//	mux.Handle("GET /dashboard", logins.RequireLogin(dashboard))
//	...
//	http.ListenAndServe(addr, sessions.Handler(forms.Handler(logins.Handler(mux))))
//
// auth.From(r) returns the user of a request. It is lazy: a page that does not call it
// causes no lookup and can be cached for everybody.
//
// The handler that shows the form begins with [Manager.RedirectAuthenticated], which leads
// on who is logged in already. [Manager.LoggedInMeanwhile] is for the form of a second tab.
// Scripts that come to a gate get 401 and not the form; see [Manager.RequireLogin].
//
// # What a login does
//
// [Manager.Login] gives the session a new key and the forms a new secret, so that neither
// can be planted before the login (ASVS 7.2.4). It does this even if the same user logs
// in again, where Django keeps the key. If the session belonged to another user, it is
// emptied first.
//
// # What ends a login
//
// The user is looked up on each request that asks. A user who was deleted or deactivated
// is anonymous from then on. When the password changes, all sessions of the user are
// emptied at their next request, except those that [Manager.UpdateSessionAuthHash] keeps.
// [Manager.Logout] deletes the session; no request in flight brings it back.
//
// [Manager.EndSessions] ends all sessions of a user at once, on every engine, and
// [Manager.EndAllSessions] those of everybody: a session stores the user's
// [User.LoginFloor] at the login, and is dead when that has been raised since. So a
// session is dead for good if sqlusers.Users.SetActive deactivated its user, even when
// the user is active again. After a deactivation by Django's admin, only the sessions
// that made a request here meanwhile are dead: that request deletes them. Others are
// valid again when the user is reactivated, as in Django, unless SetActive reactivates
// the user. For Django itself a session ends with its record.
//
// Logins that Django made do not say when they were: once the sessions of a user have
// been ended, such logins, even new ones, are not accepted for Options.FloorAge, and the
// visitor has to log in here. Then they are accepted again.
//
// # Passwords
//
// [Manager.ChangePassword] replaces the visitor's password, keeps this
// session and ends the user's others. [Manager.SetPassword] is for users who
// were let in by other means, such as a reset link. Both refuse passwords
// that Options.Validators find too weak.
//
// # Recent logins
//
// A session remembers when its login was, in an item that Django leaves
// alone. [Manager.RequireFresh] asks for a new login where that is too long
// ago.
//
// # Failures
//
// A wrong password, an unknown name and a deactivated user are [ErrNoMatch] and cost the
// same work. If the database cannot be reached, the error is never one of them, nor is
// the visitor anonymous: it is [session.ErrUnavailable], and the answer is 503.
//
// # Permissions
//
// [HasPerm] and [LoadPermissions] check Django's permissions, named
// "app_label.codename", and [Manager.RequirePerm] is the gate for them. They are looked
// up when a request first needs them. Package sqlusers grants them to users and groups.
//
//	mux.Handle("POST /orders", logins.RequirePerm("shop.add_order", addOrder))
//
// # Other users
//
// A program's own columns or type belong in [User.Custom], which its backend
// fills in: see the example of that name.
//
// Implement [Backend] for users from elsewhere, and name it in
// Options.Backends. For a login without a password at all, such as single
// sign-on, set [User.Backend] and call [Manager.Login].
//
// # Differences from Django
//
// If a session has a user id that no user can have, its visitor is anonymous, and the log
// says so; Django answers 500. SHA-1 hashes in sessions, which Django 3.x still accepts,
// are refused. A user who is logged in but refused by [Manager.Require] gets 403, not the
// login page. An anonymous or inactive visitor has no permission, even if a backend would
// grant one.
package auth
