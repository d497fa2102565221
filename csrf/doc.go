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
// Requests with the methods GET, HEAD, OPTIONS and TRACE pass, since they
// change nothing (RFC 9110, 9.2.1): see to it that your handlers keep that.
// All others must come from a page of this site, which their Origin header
// says, or over HTTPS their Referer, and must show the visitor's secret twice:
// in a cookie, which the browser sends by itself, and in the form or a header,
// which only a page of this site can fill in. [Protection.Check] tells the
// order of the checks.
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
// A body of JSON reaches the handler unread. The token looks different each
// time, so that a compressed page does not give it away (BREACH), but all
// tokens of a visitor stay valid until [Rotate]. Logging in rotates.
//
// # Without tokens
//
// Browsers since 2023 say in the header Sec-Fetch-Site whether a request comes
// from another site, and [http.CrossOriginProtection] refuses those that do.
// Options.CrossOrigin adds it to the checks above. It can also stand alone,
// for a site whose visitors have such browsers and that needs no Django beside
// it: put its Handler in the place of [Protection.Handler]. A request with
// neither Sec-Fetch-Site nor Origin passes it, and so does one from the plain
// HTTP twin of the site in a browser that sends no Sec-Fetch-Site; the token
// stops both.
//
// # Exempting a handler
//
// A handler that others are to post to, such as a webhook, stays outside:
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
// [Protection.Handler] belongs inside session's Manager.Handler and outside
// all that calls [Token] or [Rotate]. A [http.TimeoutHandler] or other handler
// that moves its next to another goroutine belongs outside of it.
package csrf
