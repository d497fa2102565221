package password_test

import (
	"context"
	"fmt"

	"github.com/jamsession/jamsession/auth/password"
)

// check ends an example that went wrong.
func check(err error) {
	if err != nil {
		panic(err)
	}
}

func ExampleNew() {
	ctx := context.Background()
	hashers, err := password.New(nil)
	check(err)
	encoded, err := hashers.Hash(ctx, "correct horse battery staple")
	check(err)
	ok, mustUpdate, err := hashers.Verify(ctx, "correct horse battery staple", encoded)
	fmt.Println(ok, mustUpdate, err)
	// Output: true false <nil>
}

// A site whose table is also written by Django 4.2 uses Django 4.2's cost, or
// the two would rewrite each other's strings at every login.
func ExamplePBKDF2SHA256() {
	pbkdf2, err := password.PBKDF2SHA256(600_000)
	check(err)
	hashers, err := password.New(&password.Options{Hashers: []password.Hasher{pbkdf2}})
	check(err)
	encoded, err := hashers.Hash(context.Background(), "secret")
	check(err)
	fmt.Println(encoded[:len("pbkdf2_sha256$600000$")])
	// Output: pbkdf2_sha256$600000$
}

// Argon2 for new passwords; those of PBKDF2 stay valid and are replaced.
func ExampleArgon2() {
	argon2, err := password.Argon2(0, 19_456, 1, 0)
	check(err)
	hashers, err := password.New(&password.Options{
		Hashers: append([]password.Hasher{argon2}, password.Default()...),
	})
	check(err)
	encoded, err := hashers.Hash(context.Background(), "secret")
	check(err)
	fmt.Println(encoded[:len("argon2$argon2id$v=19$m=19456,t=2,p=1")])
	// Output: argon2$argon2id$v=19$m=19456,t=2,p=1
}

func ExampleScrypt() {
	scrypt, err := password.Scrypt(0, 0, 0)
	check(err)
	encoded, err := scrypt.Encode("secret")
	check(err)
	ok, err := scrypt.Verify("secret", encoded)
	fmt.Println(len(encoded), ok, err) // just fits Django's column
	// Output: 128 true <nil>
}

func ExampleBCryptSHA256() {
	cheap, err := password.BCryptSHA256(4)
	check(err)
	djangos, err := password.BCryptSHA256(0)
	check(err)
	encoded, err := cheap.Encode("secret")
	check(err)
	fmt.Println(encoded[:len("bcrypt_sha256$$2b$04$")], djangos.MustUpdate(encoded))
	// Output: bcrypt_sha256$$2b$04$ true
}
