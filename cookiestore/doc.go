// Package cookiestore keeps each session in its visitor's cookie, signed: no
// server remembers anything. It is Django's engine signed_cookies, and shares
// its cookies with a Django site that has the same SECRET_KEY.
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
// A cookie counts only if it was signed with one of the keys, and for as long
// as its session lives: the server looks at the time of the signature and at
// the expiry that the session sets itself (session.Session.SetExpiry). Django's
// engine ignores the latter.
//
// # What it cannot do
//
// The visitor can read all that is in the session: it is signed, not
// encrypted.
//
// Without [Options.Revoked] a cookie cannot be taken back. A logout removes
// it from the browser, but a copy stays logged in until it expires;
// so is the owner of a cookie that a request in flight sends after the
// logout. Only a change of the password, which package auth looks at, ends
// all of a user's sessions.
//
// There is nothing to compare: of two requests that change the session at the
// same time, the one whose cookie arrives last wins, and what the other
// changed is lost.
//
// A cookie has at most 4096 bytes with its name. A session that needs more is
// not saved, and the request fails with session.ErrTooLarge.
//
// # Revocation
//
// With [Options.Revoked] a logout is final: the session's identity is put on
// a list, and no cookie that carries it counts any more, whenever it was
// sent. The identity is the item "_session_id", which stays the same until
// the key is cycled, at a login for example. Each request with a session asks
// the list, so a list that is down is a session store that is down: 503. A
// Django site that shares the cookies does not ask it.
package cookiestore
