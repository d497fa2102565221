// Package token makes and checks the tokens in password reset links: Django's,
// so that a link made here is valid at a Django site with the same SECRET_KEY
// and users, and the other way round.
//
//	keys, err := secret.NewKeys(os.Getenv("SECRET_KEY"))
//	...
//	tokens, err := token.New(keys, nil)
//	...
//	link := "/reset/" + token.EncodeID("42") + "/" + tokens.Make(user) + "/"
//	...
//	if tokens.Check(user, r.PathValue("token")) { ... }
//
// A token is the time when it was made and an HMAC over that time and the user's id,
// password hash, last login and email address. Nothing is stored. A token works once: a
// new password changes the hash, which the HMAC covers. A login, or a change of the
// address, also ends it.
//
// Package reset does everything from the request for a mail to the new password.
package token
