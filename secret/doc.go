// Package secret holds what must not be shown: keys, and the passwords in
// URLs.
//
// A [Text] prints as asterisks wherever it is: with every verb of package fmt,
// in package slog, as JSON and XML, in templates, and also in a field of
// another type that a printer reaches by reflection. What needs the text calls
// [Text.Reveal], so that a search for this word finds every place where it
// comes out.
//
// [Keys] are Django's SECRET_KEY with SECRET_KEY_FALLBACKS. Whatever signs or
// verifies takes them:
//
//	keys, err := secret.NewKeys(os.Getenv("SECRET_KEY"))
//	if err != nil {
//		log.Fatal(err)
//	}
//	logins, err := auth.New(users, keys, nil)
//
// To change the key, name the old one as well for as long as what it signed is
// to stay valid:
//
//	keys, err := secret.NewKeys(newKey, oldKey)
package secret
