// Package username knows the form of usernames in which they are compared and
// stored.
package username

import "golang.org/x/text/unicode/norm"

// MaxLength is the length in bytes above which a text that a visitor gave for a
// name or an address is not looked at. Django's columns have 150 and 254
// characters; before they are normalized, that is less than half of this.
const MaxLength = 4096

// StockLength is the width of Django's column auth_user.username, in characters.
const StockLength = 150

// Room returns how many characters the names of users have at most. Package sqlusers sets it: a user
// model of a site's own may have longer names, such as addresses.
var Room = func(users any) int { return StockLength }

// Normalize returns name in Unicode's form NFKC, as Django stores it. A
// longer name than MaxLength is returned as it is: it is nobody's, and
// normalizing it is slow (CVE-2023-46695).
func Normalize(name string) string {
	if len(name) > MaxLength {
		return name
	}
	return norm.NFKC.String(name)
}
