// Package messages tells a visitor something once: "Your profile was saved." It is
// Django's contrib.messages, in Django's formats: each side shows the messages of the
// other.
//
//	keys, err := secret.NewKeys(os.Getenv("SECRET_KEY"))
//	...
//	notices, err := messages.New(keys, nil)
//	...
//	mux.HandleFunc("POST /profile", func(w http.ResponseWriter, r *http.Request) {
//		...
//		messages.Success(r, "Your profile was saved.")
//		http.Redirect(w, r, "/profile", http.StatusSeeOther)
//	})
//	http.ListenAndServe(addr, sessions.Handler(notices.Handler(mux)))
//
// The next page shows and removes them, before its first byte is sent. With html/template:
//
//	var text bytes.Buffer
//	err := page.Execute(&text, map[string]any{"Messages": messages.Func(r)})
//	...
//	text.WriteTo(w)
//
//	{{range call .Messages}}<p class="{{.Tags}}">{{.HTML}}</p>{{end}}
//
// # Where they are kept
//
// They are in a signed cookie and, if they do not fit, in the session: that is
// StorageFallback, Django's default, and most messages do not need a session. The cookie
// is not encrypted: the visitor's own browser can read it.
//
// If several requests run at the same time, each that has read a message may show it.
// After that a message in the session is gone, and one that was added meanwhile is still
// there, even one in the same words. The cookie of the last response counts, as in
// Django.
//
// A page that fails shows nothing: with a status of 500 or above, the messages that were
// taken wait for the next page, and those that were added are lost, as with everything else
// in a session. A page that made no answer at all, after a panic, counts as one.
//
// A request that neither adds nor takes messages costs nothing, and its
// response can be cached for all.
//
// A cookie that was tampered with, or cannot be read, is deleted without an error. If the
// session store fails, the request ends with 503.
package messages
