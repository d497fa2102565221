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
// A token is the time it was made and an HMAC of that time and of the user:
// the id, password hash, last login and email address. Nothing is stored. A
// token works once: a new password changes the hash, and the token with it.
// It also ends with a login, and with a change of the address.
//
// Package reset has the whole way from an address to a new password.
package token
