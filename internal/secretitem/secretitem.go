// Package secretitem knows the items of sessions that nobody is shown.
package secretitem

import (
	"regexp"
	"sync"
)

// The forms are made when somebody looks, which no visitor of a site does.
var (
	// name finds Django's own, those of allauth and of factors, and what sites call theirs.
	name = compiled(`(?i)hash|^mfa|passkey|webauthn|^_factor|^(social)?account_|totp|` +
		`api|token|csrf|key|secret|passw|passphrase|passcode|signature|credential|nonce|verifier|challenge|` +
		`cookie|bearer|authorization|recovery|session_?id`)

	// word finds short ones, which are parts of harmless names, too.
	word = compiled(`(?i)(^|[_.\s-])` +
		`(otp|code|state|pin|pass|pwd|pw|jwt|sid|salt|cvv|cvc)([_.\s\d-]|$)`)

	// hump is where a word begins within a name such as loginCode.
	hump = compiled(`([a-z\d])([A-Z])`)
)

func compiled(form string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(form) })
}

// Is reports whether an item of this name can be used against its visitor. It rather hides
// too much.
func Is(item string) bool {
	return name().MatchString(item) || word().MatchString(hump().ReplaceAllString(item, "${1}_${2}"))
}
