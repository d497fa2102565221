package session

import (
	"net/http"
	"time"
)

// A Transport carries the key of a session between a client and the server. [Cookies] and
// [Bearer] return ready-made ones; a program can write its own, which finds the key
// elsewhere, or uses a different cookie for each of its tenants.
//
// Requests call the methods in parallel. The methods do not check the key: the manager
// looks it up in its store. For its own cookie the manager looks at more: the other
// cookies of the name, if the last is dead, and whether a handler has set the same cookie.
type Transport interface {
	// Key returns the key that the request carries, and whether it carries one at all, even
	// if that is invented or too short. It must be the same for each call.
	Key(r *http.Request) (key string, sent bool)

	// Send writes the key into h, the header of the response to r. The client may keep it
	// for maxAge, in whole seconds: zero is until it closes, and less has expired already.
	// The session's record has the limits that count.
	Send(h http.Header, r *http.Request, key string, maxAge time.Duration)

	// Remove writes into h that the client should forget the key that r carried.
	Remove(h http.Header, r *http.Request)

	// Vary returns the names of the request headers that Key reads, such as "Cookie". A
	// response that depends on the session has them in Vary; one for which Send or Remove
	// was called is "no-store" in Cache-Control. The manager writes both. It calls Vary
	// once.
	Vary() []string

	// Ambient reports whether a browser may have put everything that Key reads into r by
	// itself, as it does with cookies. Pages of other sites can then have requests sent in
	// the visitor's name, and package csrf checks r. It must be true unless r carries what
	// only scripts of this site, and programs other than browsers, can add, such as a header
	// that is not safelisted by CORS.
	Ambient(r *http.Request) bool
}
