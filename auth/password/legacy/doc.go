// Package legacy has the hashers for strings that old releases of Django wrote. They are
// too weak for new passwords: list them after those of [password.Default], which replace
// their strings at the next login. They cannot make new strings: Hash returns
// [password.ErrReadOnly].
//
//	hashers, err := password.New(&password.Options{
//		Hashers: append(password.Default(), legacy.Hashers()...),
//	})
//
// A program that uses package settings imports it, so that PASSWORD_HASHERS may
// name them:
//
//	import _ "github.com/jamsession/jamsession/auth/password/legacy"
//
// A program that does not import it does not link the code for crypt(3).
package legacy
