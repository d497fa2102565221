// Package legacyhashers holds the hashers of package legacy if the program
// imports it, so that settings can name them without linking them.
package legacyhashers

import "github.com/jamsession/jamsession/auth/password"

// All returns the hashers. It is nil in a program that does not import package
// legacy, which sets it.
var All func() []password.Hasher
