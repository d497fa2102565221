package throttle

import (
	"encoding/hex"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/jamsession/jamsession/auth/internal/username"
	"github.com/jamsession/jamsession/internal/signing"
)

// exact returns the form of a name that only spellings of one user share, as
// Django reads it: two users must differ here, or the device of one would be
// known for the other.
func exact(name string) string { return username.Normalize(strings.TrimSpace(name)) }

// account returns the form of a name that all its spellings share: spellings
// that a backend treats as the same user must be the same here, or a guesser
// has a bucket for each spelling. The reverse need not hold.
func account(name string) string {
	name = exact(name)
	if len(name) > username.MaxLength {
		return name // nobody has this name, and folding it is not worth the work
	}
	folded := cases.Fold().String(name)
	folded = strings.ToLower(strings.ToUpper(folded)) // what Fold leaves, such as Cherokee
	return strings.TrimSpace(asCollated(norm.NFKD.String(folded)))
}

// asCollated drops from decomposed text the characters that collations of
// databases ignore: accents, and invisible characters. Of MySQL's collations,
// one treats "ß" as "ss", which is how it arrives here, and another as "s".
func asCollated(text string) string {
	last := rune(0)
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cc, unicode.Cf) || r == 's' && last == 's' {
			return -1
		}
		last = r
		return r
	}, text)
}

// keySalt names the purpose of the MACs.
const keySalt = "jamsession.auth.throttle"

// bucketKey returns the name of a bucket in the store. It is a MAC: people type
// their password into the wrong field, and somebody who reads the store must
// not see who tried to log in, or from where.
func (l *limiter) bucketKey(by bucketKind, of string) string {
	mac := signing.SaltedHMAC(keySalt+"."+string(by), l.keys[0].key, []byte(l.opts.Purpose+"\x00"+of))
	return string(by[0]) + hex.EncodeToString(mac[:16])
}
