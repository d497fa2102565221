// Package session gives each visitor of a web site a session: a small map of
// items that is kept on the server and found again by a cookie. It is
// Django's session framework for net/http: the same cookie, the same rules,
// and with the codec of package django the same bytes in the same tables.
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
// [Item.Get] reads; [Item.Lookup] tells why it cannot. [Item.Set] writes,
// [Item.Update] reads and writes in one step, [Item.Pop] reads and removes.
// Values are what encoding/json can hold.
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
// What Get returns is a copy: change it and Set it again.
//
// # How the key travels
//
// The key of a session is in a cookie, or travels as Options.Transport says:
// [Bearer] is for mobile programs and APIs. A program with several managers has a
// session of each in one request; [From] finds that of the innermost handler,
// and [Manager.From] that of the manager. See docs/custom-middleware.md.
//
// # When it is saved
//
// A request that does not look at its session costs nothing: no I/O, no
// cookie, no Vary header. (Only a cookie too short to be a key is removed.) One
// that changed it is saved before the first byte of the response, and only if
// the status is below 500. One that panics saves nothing. What changes after
// the first byte is saved at the end, if the cookie can stay as it is;
// [Session.Save] tells whether it can.
//
// A page that writes to the session at each visit makes a record for each
// request of a program that keeps no cookies. Options.MayCreate bounds that; a
// site of package settings has such a bound, NEW_SESSION_LIMIT. Without it,
// write only when the visitor has done something, such as sending a form.
//
// # Requests that run at the same time
//
// No change is lost. A record is replaced only if it is still the one that
// was loaded; if another request has saved meanwhile, the changes of this one
// are repeated on what the other left. So two requests that set different
// items both count, and [Item.Update] counts even on the same item.
//
// No deleted session comes back. If a logout deletes the record while another
// request is at work, that request cannot recreate it: it ends with
// [ErrInterrupted] if it had changes, and without the cookie if it only read.
//
// # When the store is down
//
// A visitor whose session cannot be loaded is not anonymous: nothing is known of
// that visitor. From stops the request, and the answer is 503 without a cookie
// and without anything that the handler wrote. Handlers that can do better
// use [Load], which returns the error. [Manager.Require] asks the store
// before the handler begins.
//
// # The end of a session
//
// A session ends CookieAge after it was last saved, as in Django, or when it
// says so itself: [Session.SetExpiry], [Session.SetExpiryAt],
// [Session.ExpireAtBrowserClose]. Beside that, [Options] can limit the idle
// time and the whole life (ASVS 7.3). The server keeps these limits; the
// lifetime of the cookie is for show.
//
// [Session.Flush] is a logout: items, record and cookie go, whatever the
// status of the response. [Session.CycleKey] gives a session a new key and
// makes the old one useless; do it when a visitor gains rights.
//
// # Secrets
//
// The key of a session opens it. No error, log line or String method of this
// module contains one; they name sessions by [Fingerprint].
package session
