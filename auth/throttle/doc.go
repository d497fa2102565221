// Package throttle limits how often passwords can be guessed: against one
// account, and from one source against many, as with lists of stolen
// passwords. All processes of a site that share a [Store] count together.
//
//	keys, err := secret.NewKeys(os.Getenv("SECRET_KEY"))
//	...
//	attempts, err := throttle.NewMemory(100_000)
//	...
//	limiter, err := throttle.New(attempts, keys, nil)
//	...
//	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
//		username := r.PostFormValue("username")
//		user, err := find(r.Context(), username) // the zero User if there is none
//		...
//		attempt := auth.NewAttempt(username, user)
//		if err := limiter.Check(r, attempt); err != nil {
//			session.Abort(r, err) // 429, or 503
//		}
//		... // the password
//		limiter.Succeeded(r, attempt)
//		limiter.MakeKnown(w.Header(), r, attempt)
//		http.Redirect(w, r, "/", http.StatusSeeOther)
//	})
//
// An attempt costs one of what its source has, and one of what its account
// has; both come back in time (generic cell rate algorithm). A browser from
// which a user has logged in, with the present password, has attempts of its
// own by a signed cookie, so that no stranger can lock the user out by wrong
// passwords. The store has names and addresses as MACs only, whether an
// account exists or not.
//
// docs/throttling.md says what the defaults are and why, what to set behind a
// proxy, and what throttling cannot do. Django has nothing like it.
package throttle
