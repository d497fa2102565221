// Package hashwidth lets package auth compare what hashers write with what users have room for. It
// links neither: a program may use one without the other.
package hashwidth

// Written returns how many characters new strings of a *password.Hashers have, and zero if that
// is not known. Package password sets it.
var Written func(hashers any) int

// Room returns how many characters of a hash users can store, and zero if they do not say so. Package
// sqlusers sets it.
var Room = func(users any) int { return 0 }
