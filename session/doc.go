// Package session gives each visitor of a web site a session: a small map of items that
// the server stores and finds again by a cookie. It is Django's session framework for
// net/http: the same cookie, the same rules, and with the codec of package django the
// same bytes in the same tables.
//
//	const visits = session.Item[int]("visits")
//
//	sessions, err := session.New(memstore.New(), nil)
//	...
//
//	http.Handle("/", sessions.Handler(http.HandlerFunc(
//		func(w http.ResponseWriter, r *http.Request) {
//			s := session.From(r)
//			n := visits.Update(s, 0, func(n int) int { return n + 1 })
//			fmt.Fprintf(w, "visit number %d\n", n)
//		})))
//
// # Reading and writing
//
// [From] returns the session of a request. An [Item] ties a name to a type:
// [Item.Get] reads; [Item.Lookup] also returns an error. [Item.Set] writes,
// [Item.Update] reads and writes in one step, [Item.Pop] reads and removes. A
// value can be anything that encoding/json can encode.
//
//	const (
//		username = session.Item[string]("username")
//		cart     = session.Item[Cart]("cart")
//	)
//
//	name := username.Get(s, "Guest")
//	c, err := cart.Lookup(s)
//	username.Set(s, "john_doe")
//
// Get returns a copy: change it and Set it again.
//
// # Cookies and other transports
//
// The key of a session travels in a cookie, or as Options.Transport says: [Bearer] is for
// mobile apps and APIs. In a program with several managers, a request has a session of
// each; [From] finds that of the innermost handler, and [Manager.From] that of the
// manager. See docs/custom-middleware.md.
//
// # When it is saved
//
// A request that does not use its session costs nothing: no I/O, no cookie, no Vary
// header. A changed session is saved
// before the first byte of the response, and only if the status is below 500. If the
// handler panics, nothing is saved. Changes after the first byte are saved at the end, if
// the cookie can stay as it is; [Session.Save] reports whether it can. A change after the
// handler has returned, by a goroutine of its own, is saved by Save only; without it a
// warning is logged.
//
// If a page writes to the session at each visit, each request of a program without
// cookies makes a record. Options.MayCreate limits that; a site of package settings has a
// limit, NEW_SESSION_LIMIT. Without one, write only when the visitor has done something,
// such as sending a form.
//
// # Concurrent requests
//
// No change is lost. A record is replaced only if it is still the one that was loaded; if
// another request has saved meanwhile, the changes of this one are repeated on the
// other's record. So two requests that set different items both count, and [Item.Update]
// counts even on the same item.
//
// No deleted session comes back. If a logout deletes the record while another request is
// running, that request cannot recreate it: it ends with [ErrInterrupted] if it made
// changes, and normally if it only read.
//
// No late answer undoes a login: an answer touches the cookie only if its request has
// ended the session that the cookie names, or given it a new key, or prolongs it. If a
// request carries several cookies of the name, for different domains or paths, the first
// from the last that names a live session counts. A cookie that a handler sets itself is
// left alone.
//
// # When the store is down
//
// A visitor whose session cannot be loaded is not anonymous, but unknown. From stops the
// request, and the answer is 503, without a cookie and without any output of the handler.
// Handlers that can do better use [Load], which returns the error. [Manager.Require]
// loads the session before the handler begins.
//
// # The end of a session
//
// A session ends CookieAge after it was last saved, as in Django, or at its own expiry:
// [Session.SetExpiry], [Session.SetExpiryAt], [Session.ExpireAtBrowserClose]. In
// addition, [Options] can limit the idle time and the total lifetime (ASVS 7.3). The
// server enforces these limits; the lifetime of the cookie is only a hint.
//
// [Session.Flush] is a logout: it deletes items, record and cookie, whatever the status
// of the response. [Session.CycleKey] gives a session a new key and makes the old one
// useless; do it when a visitor gains rights.
//
// # Secrets
//
// The key of a session opens it. No error, log line or String method of this
// module contains one; they name sessions by [Fingerprint].
package session
