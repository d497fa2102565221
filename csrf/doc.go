// Package csrf protects against cross-site request forgery: another site's
// page that makes the visitor's browser send a form here, with the cookies of this site.
// It is Django's protection, and shares its cookie with Django sites.
//
//	var form = template.Must(template.New("form").Parse(
//		`<form method="post">{{.}} <input name="amount"> <button>Pay</button></form>`))
//
//	func main() {
//		mux := http.NewServeMux()
//		mux.HandleFunc("GET /pay", func(w http.ResponseWriter, r *http.Request) {
//			form.Execute(w, csrf.TemplateField(r))
//		})
//		mux.HandleFunc("POST /pay", pay) // runs only if the form came from here
//		protection, err := csrf.New(nil)
//		if err != nil {
//			log.Fatal(err)
//		}
//		log.Fatal(http.ListenAndServe(":8000", protection.Handler(mux)))
//	}
//
// # The rule
//
// Requests with the methods GET, HEAD, OPTIONS and TRACE pass, since they change nothing
// (RFC 9110, 9.2.1): make sure that this is true of your handlers. The handshake of a
// WebSocket must come from this site all the same (docs/websockets.md). All others must come
// from a page of this site, according to their Origin header or, over HTTPS, their
// Referer, and must show the visitor's secret twice: in a cookie, which the browser sends
// by itself, and in the form or a header, which only a page of this site can fill in.
// [Protection.Check] documents the order of the checks.
//
// # Forms and scripts
//
// A form holds [TemplateField]. A script sends [Token] in the header
// X-CSRFToken; it can find it in its page, such as in a <meta name="csrf-token">,
// or in the cookie, if Options.Cookie lets scripts read it (Scriptable):
//
//	const token = document.querySelector('meta[name="csrf-token"]').content
//	const answer = await fetch("/pay", {
//		method: "POST",
//		mode: "same-origin", // the token goes to no other site
//		headers: {"Content-Type": "application/json", "X-CSRFToken": token},
//		body: JSON.stringify({amount: 10}),
//	})
//
// A JSON body reaches the handler unread. The token is masked differently each time, so
// that a compressed page does not reveal it (BREACH), but all tokens of a visitor stay
// valid until [Rotate], which a login calls.
//
// # Without tokens
//
// Browsers since 2023 say in the header Sec-Fetch-Site whether a request comes from
// another site, and [http.CrossOriginProtection] refuses those that do.
// Options.CrossOrigin adds it to the checks above. It can also stand alone, for a site
// whose visitors have such browsers and that has no Django site beside it: use its
// Handler in place of [Protection.Handler]. A request with neither Sec-Fetch-Site nor
// Origin passes it, and so does one from the same host on plain HTTP in a browser that
// does not send Sec-Fetch-Site; the token stops both. It lets every GET pass, also the
// handshake of a WebSocket, which [Protection.Handler] checks.
//
// # Exempting a handler
//
// A handler for posts from elsewhere, such as a webhook, belongs outside:
//
//	mux := http.NewServeMux()
//	mux.Handle("POST /webhook", webhook) // it verifies a signature itself
//	mux.Handle("/", protection.Handler(site))
//
// There is no list of patterns to exempt, because a pattern that matches more
// than it seems to is a hole (CVE-2025-47910).
//
// # With other middleware
//
// [Protection.Handler] belongs inside session's Manager.Handler and outside of every
// handler that calls [Token] or [Rotate]. An [http.TimeoutHandler], or another handler
// that runs the next one in another goroutine, belongs outside of it.
package csrf
