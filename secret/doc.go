// Package secret holds texts that must not be shown: keys, and the passwords in URLs.
//
// A [Text] prints as asterisks wherever it is: with every verb of package fmt, in package
// slog, as JSON and XML, in templates, and also in a field of another type that a printer
// reaches by reflection. Code that needs the text calls [Text.Reveal], so that a search
// for this word finds every such place.
//
// [Keys] are Django's SECRET_KEY with SECRET_KEY_FALLBACKS. Functions that sign or verify
// take them:
//
//	keys, err := secret.NewKeys(os.Getenv("SECRET_KEY"))
//	if err != nil {
//		log.Fatal(err)
//	}
//	logins, err := auth.New(users, keys, nil)
//
// To change the key, also give the old one for as long as its signatures should stay valid:
//
//	keys, err := secret.NewKeys(newKey, oldKey)
package secret
