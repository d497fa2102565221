// Package password makes and checks the strings in the password column of
// Django's auth_user, such as
//
//	pbkdf2_sha256$1000000$kVZHWvsxhdQz4HNoIOBcKR$pe2Vq...=
//
// Programs that only log users in rarely call it; package auth does. Programs that
// create users or change passwords do:
//
//	hashers, err := password.New(nil)
//	...
//	encoded, err := hashers.Hash(ctx, "correct horse battery staple")
//	...
//	ok, mustUpdate, err := hashers.Verify(ctx, guess, encoded)
//
// # Algorithms
//
// A string names its algorithm before the first "$". [Hashers] make new strings with
// their first [Hasher] and check strings of all of them. [Default] returns Django's
// list. Package legacy has every other algorithm of Django since 3.2: a program with
// an old table lists them after the default ones.
//
//	hashers, err := password.New(&password.Options{
//		Hashers: append(password.Default(), legacy.Hashers()...),
//	})
//
// # Cost
//
// One hash takes a third of a second of one core, on purpose. At most GOMAXPROCS of them
// run at once, in at most 1 GiB of memory; others wait for their turn, or until their
// context is done. So a flood of logins cannot use more. A stored string that costs more
// than 10 million iterations of PBKDF2, or more than 1 GiB, is refused without hashing.
//
// # Equal work
//
// Nobody must learn whether a user exists by measuring how long a login takes
// (CVE-2016-2513, CVE-2024-39329, CVE-2025-13473). [Hashers.Verify] does the work of a
// new hash even if the stored string is unusable, malformed or of an unknown algorithm.
// If the password was wrong, and the stored string has a lower cost or another algorithm,
// it does the rest of that work with iterations of PBKDF2. For a user who does not exist,
// call [Hashers.Burn]. A stored string that costs more than a new one remains noticeable.
package password
