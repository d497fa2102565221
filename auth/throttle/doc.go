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
//		attempt := auth.Attempt{Username: username, User: user}
//		if err := limiter.Check(r, attempt); err != nil {
//			session.Abort(r, err) // 429, or 503
//		}
//		... // the password
//		limiter.Succeeded(r, attempt)
//		limiter.MakeKnown(w.Header(), r, attempt)
//		http.Redirect(w, r, "/", http.StatusSeeOther)
//	})
//
// An attempt takes one from the bucket of its source, and one from that of its account;
// both come back over time (generic cell rate algorithm). A browser from which a user has
// logged in with the current password has a separate bucket, by a signed cookie, so that
// no stranger can lock the user out with wrong passwords. The store has names and
// addresses only as MACs, whether an account exists or not.
//
// docs/throttling.md explains the defaults, the settings behind a proxy, and the limits
// of throttling. Django has no counterpart.
package throttle
