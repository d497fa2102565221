// Package reset replaces forgotten passwords: with a form that asks for the email address
// or the username, a mail with a link, and a form for the new password. The links are
// Django's: one that a Django site has mailed is valid here, and the other way round.
//
//	resets, err := reset.New(logins, users, tokens, sender, &reset.Options{
//		URL: "https://example.com/reset/{id}/{token}/",
//	})
//	...
//	mux.HandleFunc("POST /reset", func(w http.ResponseWriter, r *http.Request) {
//		err := resets.Request(r, r.PostFormValue("username")) // or address
//		...
//		show(w, "If there is an account, we will send a link to its email address.")
//	})
//	mux.HandleFunc("GET /reset/{id}/{token}/", func(w http.ResponseWriter, r *http.Request) {
//		switch _, moved, err := resets.Open(r, r.PathValue("id"), r.PathValue("token")); {
//		case moved:
//			reset.Redirect(w, r, "../"+reset.KeptToken+"/")
//		case err != nil:
//			show(w, "This link has already been used or has expired.")
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
// Nothing. [Resets.Request] does not look the user up: it puts the typed text into a
// queue, and returns at once, in the same way for everybody. One worker looks users up,
// and another one sends mails. So neither text nor time tells who has an account (ASVS
// 6.3.8).
//
// The mail goes to the address that is stored, not to the one that was typed
// (CVE-2019-19844). Its link has the host of Options.URL, not of the request,
// which a stranger can choose. Users without a usable password get no mail, as
// in Django: they log in by other means.
//
// # What a stranger can do
//
// Strangers can ask for mails to somebody else, and sign up with that address. So one
// request sends three mails at most, one to each spelling in which the address is stored,
// and the limiter of package throttle counts the mails to an address over time. Each mail
// lists the accounts of its address, twenty at most: those that logged in last, and
// others drawn at random. However many accounts somebody makes, they cannot keep the
// owner's out permanently, and it comes first in the mail if its username was typed. The
// mails that a stranger uses up, with the names of their own accounts, list the owner's
// account by the same rule, unless it has another spelling of the address. The known
// devices of its users are counted separately.
//
// # The queue
//
// Requests wait in memory. If too many do, [Resets.Request] returns an error, before
// anything is promised; one source gets a tenth of the places. A slow mail server delays
// each mail by a minute at most. A mail that is not taken at the moment (mail.ErrTemporary),
// as by servers that do greylisting, is tried again after 1, 6 and 21 minutes. When the
// program stops, [Resets.Close] sends the mails that wait. A crash loses them: the
// visitors were told to expect a mail if there is an account, and ask again.
//
// # The link
//
// It is valid once, for the Timeout in the Options of package token. When it is
// opened, the token moves into the session and out of the URL, so that no Referer
// header, history or screenshot shows it. (Django: PasswordResetConfirmView.) The
// session gets a new key with it, which Django does not do: there, a stranger who
// planted the old key can choose the password.
package reset
