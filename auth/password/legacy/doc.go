// Package legacy has the hashers for what old Djangos wrote. They are too weak
// for new passwords: list them behind those of [password.Default], which
// replace their strings at the next login. Hashing with one returns
// [password.ErrReadOnly].
//
//	hashers, err := password.New(&password.Options{
//		Hashers: append(password.Default(), legacy.MD5(), legacy.UnsaltedMD5()),
//	})
//
// A program that does not import it does not link what reads crypt(3) either.
package legacy
