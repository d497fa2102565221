package legacy_test

import (
	"context"
	"fmt"

	"github.com/jamsession/jamsession/auth/password"
	"github.com/jamsession/jamsession/auth/password/legacy"
)

// A table with old strings: they are read, and replaced at the next login.
func Example() {
	hashers, err := password.New(&password.Options{
		Hashers: append(password.Default(), legacy.Hashers()...),
	})
	if err != nil {
		panic(err)
	}
	ok, mustUpdate, err := hashers.Verify(context.Background(), "secret",
		"md5$abcdefghijklmnopqrstuv$59549c8e6897dd44401a081434b86c95")
	fmt.Println(ok, mustUpdate, err)
	// Output: true true <nil>
}
