// Package messages tells a visitor something once: "Your profile was saved."
// It is Django's contrib.messages, in Django's formats: what one side leaves,
// the other shows.
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
// The next page shows and forgets them, before its first byte has left. With
// html/template:
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
// In a signed cookie, and in the session what does not fit there: that is
// StorageFallback, Django's default, and costs no session for most messages. The
// cookie is not encrypted: the visitor's own browser can read it.
//
// Of several requests at the same time, each that had a message in hand may show
// it. After that a message in the session is gone, and one that was added
// meanwhile is still there, even one in the same words. The cookie is that of
// the response which comes last, as in Django.
//
// A request that neither adds nor takes messages costs nothing, and its
// response can be cached for all.
//
// A cookie that was tampered with, or cannot be read, is deleted, and nothing
// fails. A session store that fails ends the request with 503.
package messages
