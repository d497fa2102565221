package authtest

import (
	"fmt"
	"time"

	"github.com/jamsession/jamsession/auth/password"
)

// Hashers returns hashers whose hashes cost next to nothing, for site.Options.Hashers
// or auth.Options.Hashers of a test. They verify Django's hashes, too, and replace
// them at a login, and refuse nobody for want of a processor. What they make protects no password.
func Hashers() *password.Hashers {
	cheap, err := password.PBKDF2SHA256(1)
	if err != nil {
		panic(fmt.Sprintf("authtest: %v", err)) // 1 is allowed
	}
	all := append([]password.Hasher{cheap}, password.Default()[1:]...)
	hashers, err := password.New(&password.Options{
		Hashers: all, Queue: 10_000, Wait: time.Minute, // many logins at once are not too many here
	})
	if err != nil {
		panic(fmt.Sprintf("authtest: %v", err))
	}
	return hashers
}
