// Package secretitem knows the items of sessions that nobody is shown.
package secretitem

import "regexp"

// name finds Django's own, those of allauth and of factors, and what sites call theirs.
var name = regexp.MustCompile(`(?i)^_auth_user_hash$|^mfa\b|^mfa_|^_passkey|^_factor|^account_|^otp_|` +
	`api|token|key|secret|passw|signature|credential`)

// Is reports whether an item of this name can be used against its visitor. It rather hides
// too much.
func Is(item string) bool { return name.MatchString(item) }
