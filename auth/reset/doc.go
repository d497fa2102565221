// Package reset is the way from a forgotten password to a new one: a form that
// asks for the address, a mail with a link, and a form for the new password.
// The links are Django's: one that a Django site has mailed is good here, and
// the other way round.
//
//	resets, err := reset.New(logins, users, tokens, sender, reset.Options{
//		URL: "https://example.com/reset/{id}/{token}/",
//	})
//	...
//	mux.HandleFunc("POST /reset", func(w http.ResponseWriter, r *http.Request) {
//		err := resets.Request(r, r.PostFormValue("email"))
//		...
//		show(w, "If we know this address, a mail is on its way.")
//	})
//	mux.HandleFunc("GET /reset/{id}/{token}/", func(w http.ResponseWriter, r *http.Request) {
//		switch _, err := resets.Open(r, r.PathValue("id"), r.PathValue("token")); {
//		case errors.Is(err, reset.ErrMoved):
//			http.Redirect(w, r, "../"+reset.KeptToken+"/", http.StatusFound)
//		case err != nil:
//			show(w, "This link has been used, or is too old.")
//		default:
//			showForm(w)
//		}
//	})
//	mux.HandleFunc("POST /reset/{id}/{token}/", func(w http.ResponseWriter, r *http.Request) {
//		user, err := resets.Finish(r, r.PathValue("id"), r.PostFormValue("password"))
//		...
//	})
//
// # What a stranger learns
//
// Nothing. [Resets.Request] looks nobody up: it puts the address into a queue,
// and answers at once, alike for all addresses. A worker looks up, and mails. So
// neither text nor time tells who has an account (ASVS 6.3.8).
//
// The mail goes to the address that is stored, not to the one that was typed
// (CVE-2019-19844). Its link has the host of Options.URL, not of the request,
// which a stranger can choose. Users without a usable password get no mail, as
// in Django: they log in by other means.
//
// Requests wait in memory. [Resets.Close] sends what waits when the program
// stops; what a crash loses, the user asks for again.
//
// # The link
//
// It is good once, until Options of package token say. When it is opened, the
// token moves into the session and out of the URL, so that no Referer header,
// history or screenshot has it. (Django: PasswordResetConfirmView.) The session
// gets a new key with it, which Django does not do: a stranger who had planted
// the old one could choose the password.
package reset
