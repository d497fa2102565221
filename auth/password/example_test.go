package password_test

import (
	"context"
	"fmt"

	"github.com/jamsession/jamsession/auth/password"
)

func ExampleNew() {
	ctx := context.Background()
	hashers := password.New(nil)
	encoded, err := hashers.Hash(ctx, "correct horse battery staple")
	if err != nil {
		fmt.Println(err)
		return
	}
	ok, mustUpdate, err := hashers.Verify(ctx, "correct horse battery staple", encoded)
	fmt.Println(ok, mustUpdate, err)
	// Output: true false <nil>
}

// A site whose table is also written by Django 4.2 uses Django 4.2's cost, or
// the two would rewrite each other's strings at every login.
func ExamplePBKDF2SHA256() {
	hashers := password.New(&password.Options{
		Hashers: []password.Hasher{password.PBKDF2SHA256{Iterations: 600_000}},
	})
	encoded, err := hashers.Hash(context.Background(), "secret")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(encoded[:len("pbkdf2_sha256$600000$")])
	// Output: pbkdf2_sha256$600000$
}

// A table with old strings: they are read, and replaced at the next login.
func ExampleMD5() {
	ctx := context.Background()
	hashers := password.New(&password.Options{
		Hashers: append(password.Default(), password.MD5{}, password.UnsaltedMD5{}),
	})
	ok, mustUpdate, err := hashers.Verify(ctx, "secret", "md5$abcdefghijklmnopqrstuv$59549c8e6897dd44401a081434b86c95")
	fmt.Println(ok, mustUpdate, err)
	// Output: true true <nil>
}

// Argon2 for new passwords; those of PBKDF2 stay good and are replaced.
func ExampleArgon2() {
	hashers := password.New(&password.Options{
		Hashers: append([]password.Hasher{password.Argon2{Memory: 19_456, Threads: 1}}, password.Default()...),
	})
	encoded, err := hashers.Hash(context.Background(), "secret")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(encoded[:len("argon2$argon2id$v=19$m=19456,t=2,p=1")])
	// Output: argon2$argon2id$v=19$m=19456,t=2,p=1
}

func ExampleScrypt() {
	encoded, err := password.Scrypt{}.Encode("secret")
	if err != nil {
		fmt.Println(err)
		return
	}
	ok, err := password.Scrypt{}.Verify("secret", encoded)
	fmt.Println(len(encoded), ok, err) // just fits Django's column
	// Output: 128 true <nil>
}

func ExampleBCryptSHA256() {
	encoded, err := password.BCryptSHA256{Rounds: 4}.Encode("secret")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(encoded[:len("bcrypt_sha256$$2b$04$")], password.BCryptSHA256{}.MustUpdate(encoded))
	// Output: bcrypt_sha256$$2b$04$ true
}
