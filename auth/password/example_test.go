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
