// Package legacyhashers has the hashers of package legacy in a program that
// imports it, so that settings can name them and link none.
package legacyhashers

import "github.com/jamsession/jamsession/auth/password"

// All returns the hashers. It is nil in a program that does not import package
// legacy, which sets it.
var All func() []password.Hasher
