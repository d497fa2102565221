package conf

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/jamsession/jamsession/secret"
)

const (
	minKeyLength  = 32 // bytes
	wantDistinct  = 5  // different characters, as in Django's check
	wantSubstance = 20 // characters that nothing explains; see substance
)

// refuseWeakKeys refuses every key that can be guessed: with any one of them
// anybody can forge a session. Weak keys are good enough for a site that
// nobody else can reach.
func (s *Settings) refuseWeakKeys() (problems []error) {
	reach := s.reach()
	if reach == "" {
		return nil
	}
	needed := !s.SecretKey.IsZero() || !loopback(s.Addr) // some commands need none; Open does
	if fault := weakness(s.SecretKey); fault != "" && needed {
		problems = append(problems, fmt.Errorf("settings: SECRET_KEY %s, which is excused only where "+
			"nobody else can reach the site; here %s; make one with: openssl rand -base64 48", fault, reach))
	}
	for i, key := range s.SecretKeyFallbacks {
		if fault := weakness(key); fault != "" {
			problems = append(problems, fmt.Errorf("settings: SECRET_KEY_FALLBACKS[%d] %s, which is "+
				"excused only where nobody else can reach the site; here %s; leave it out: what it signed "+
				"is then no longer good", i, fault, reach))
		}
	}
	return problems
}

// weakness says why a key can be guessed, or nothing. It is the one rule for
// all keys.
func weakness(key secret.Text) string {
	switch text := key.Reveal(); {
	case text == "":
		return "is not set"
	case isSample(text):
		return "is a key from an example"
	case len(text) < minKeyLength:
		return fmt.Sprintf("is shorter than %d bytes", minKeyLength)
	case distinct(text) < wantDistinct:
		return fmt.Sprintf("has fewer than %d different characters", wantDistinct)
	case substance(text) < wantSubstance:
		return "is made of common words, sequences and repetitions"
	}
	return ""
}

// sampleKeys are the beginnings of keys in examples and templates, reduced to
// letters and digits.
var sampleKeys = []string{
	"djangoinsecure", "changeme", "changethis", "replace", "insecure", "example", "yoursecret", "mysecret",
	"secretkey", "testsecret", "supersecret", "predictable",
}

func isSample(key string) bool {
	key = bare(key)
	for _, sample := range sampleKeys {
		if strings.HasPrefix(key, sample) {
			return true
		}
	}
	return false
}

// bare returns a key in lower case and without what people put around and
// between words.
func bare(key string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune("-_.,:;\"'`´’“”<>[](){}", r) {
			return -1
		}
		return unicode.ToLower(r)
	}, key)
}

func distinct(key string) int {
	seen := make(map[rune]bool)
	for _, r := range key {
		seen[r] = true
	}
	return len(seen)
}

// substance returns how many parts a key has, where a common word, a
// sequence or a repetition of what came before is one part. Nearly every
// character of a random key is one.
func substance(key string) (parts int) {
	const enough = 256 // bytes of a key
	key = bare(key)
	key = key[:min(len(key), enough)]
	for i := 0; i < len(key); parts++ {
		i += max(1, commonAt(key[i:]), repeatedAt(key, i))
	}
	return parts
}

// commonAt returns how many characters at the beginning of a text are in a
// common word or a sequence. Fewer than three are there by chance.
func commonAt(text string) (length int) {
	for length < len(text) && strings.Contains(commonTexts, text[:length+1]) {
		length++
	}
	if length < 3 {
		return 0
	}
	return length
}

// repeatedAt returns how many characters from i on have occurred before,
// overlaps included. Fewer than four do so by chance.
func repeatedAt(key string, i int) (length int) {
	for i+length < len(key) && strings.Contains(key[:i+length], key[i:i+length+1]) {
		length++
	}
	if length < 4 {
		return 0
	}
	return length
}

// commonTexts are words that occur in keys which nobody made at random, and
// sequences: of the alphabet, and of the keys of a keyboard.
const commonTexts = `
abcdefghijklmnopqrstuvwxyz zyxwvutsrqponmlkjihgfedcba 01234567890 09876543210
qwertyuiop asdfghjkl zxcvbnm qwertzuiop yxcvbnm azertyuiop qsdfghjklm wxcvbn poiuytrewq lkjhgfdsa mnbvcxz
1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p qazwsxedcrfvtgbyhnujm !@#$%^&*
aaaa bbbb cccc dddd eeee ffff 0000 1111 2222 3333 4444 5555 6666 7777 8888 9999 xxxx zzzz abc123 123abc
change changeme changethis secret secretkey secrets password passwort passphrase default example sample
replace placeholder insecure unsafe predictable guess guessable random string long very super please
your mine this that here with from into for the and not never must should only value text token
session sessions cookie signed signing cipher master private public hidden
django flask rails laravel express golang python jamsession framework
production development staging testing test debug demo dummy local localhost site website server
application service project company admin root user guest hello world welcome letmein
lorem ipsum dolor amet consectetur adipiscing foobar todo fixme character characters number letters digits
`
