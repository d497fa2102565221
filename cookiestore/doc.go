// Package cookiestore keeps each session in its visitor's cookie, signed, and nothing on
// the server. It is Django's engine signed_cookies, and shares its cookies with a Django
// site that has the same SECRET_KEY.
//
//	keys, err := secret.NewKeys(os.Getenv("SECRET_KEY"))
//	...
//	store, err := cookiestore.New(keys, nil)
//	...
//	sessions, err := session.New(store, nil)
//	...
//	http.ListenAndServe(addr, sessions.Handler(mux))
//
// # What it promises
//
// A cookie is valid only if it was signed with one of the keys, and only until its
// session expires: the server checks the time of the signature and the session's own
// expiry (session.Session.SetExpiry), which Django's engine ignores.
//
// # What it cannot do
//
// The visitor can read the whole session: it is signed, not encrypted.
//
// Without [Options.Revoked], or the rows of package devices, a cookie cannot be revoked. A
// logout removes it from the browser, but a copy stays valid until it expires, and so does
// a cookie that a request in flight sends after the logout. A change of the password, or
// EndSessions of package auth, ends all of a user's sessions.
//
// The server has nothing to compare with: if two requests change the session at the same
// time, the one whose cookie arrives last wins, and the changes of the other are lost.
//
// A cookie has at most 4096 bytes with its name. A session that needs more is
// not saved, and the request fails with session.ErrTooLarge.
//
// # Revocation
//
// With [Options.Revoked] a logout is final: the session's identity is put on a list, and
// all cookies with that identity are refused, whenever they were sent. The identity is
// the item "_session_id", which stays the same until the key is cycled, for example at a
// login. Each request with a session checks the list, so if the list is down, the answer
// is 503. A Django site that shares the cookies does not check it.
package cookiestore
