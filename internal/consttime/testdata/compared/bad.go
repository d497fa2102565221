// Package compared compares secrets, in ways that tell about them and in ways
// that do not.
package compared

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"reflect"
	"slices"
	"strings"
)

type record struct {
	Key  string
	Data []byte
	sum  [32]byte
}

type visitor struct {
	csrfSecret string
	value      string
}

const master = "constant"

func sign(value, key []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(value)
	return h.Sum(nil)
}

func operators(token, sent string, r record, v visitor) bool {
	a := token == sent                        // want
	b := sent != v.csrfSecret                 // want
	c := r.sum == sha256.Sum256([]byte(sent)) // want
	d := string(sign(r.Data, nil)) == sent    // want
	e := token < sent                         // want
	f := (token[:8]) == sent[:8]              // want
	return a || b || c || d || e || f
}

func functions(sessionKey string, signature, sent []byte, hashes []string) bool {
	a := bytes.Equal(signature, sent)                   // want
	b := strings.Compare(sessionKey, string(sent)) == 0 // want
	c := slices.Contains(hashes, string(sent))          // want
	d := slices.Equal(signature, sent)                  // want
	e := strings.EqualFold(sessionKey, string(sent))    // want
	f := reflect.DeepEqual(signature, sent)             // want
	g := strings.HasPrefix(sessionKey, string(sent))    // want
	h := cmp.Compare(sessionKey, string(sent)) == 0     // want
	i := bytes.HasPrefix(signature, sent)               // want
	j := slices.Index(hashes, string(sent))             // want
	k := bytes.Contains(signature, sent)                // want
	return a || b || c || d || e || f || g || h || i || j > 0 || k
}

func lookups(token, sent string, byToken map[string]int) int {
	switch token { // want
	case sent:
		return 1
	}
	switch sent { // want
	case "a", token:
		return 2
	}
	if _, ok := byToken[token]; ok { // want
		return 3
	}
	return byToken[hex.EncodeToString([]byte(token))] // want
}

// What a secret is given to is one, too.
func assigned(key, sent []byte) bool {
	want := sign(nil, key)
	text := hex.EncodeToString(want)
	var copied = text
	v := visitor{value: copied}
	a := copied == string(sent)  // want
	b := v.value == string(sent) // want
	c := bytes.Equal(sent, want) // want
	d := same(text, string(sent))
	e := equal(text, string(sent))
	for _, x := range []string{text} {
		if x == string(sent) { // want
			return true
		}
	}
	return a || b || c || d || e || slices.ContainsFunc([]string{string(sent)}, func(y string) bool {
		return y == text // want
	})
}

func same(a, b string) bool {
	return a == b // want
}

func equal[T comparable](a, b T) bool {
	return a == b // want
}

func harmless(token, sent string, signature []byte, r record, n, secretNumber int, name string) bool {
	return token == "" || signature == nil || len(token) == n || secretNumber == n || sent == name || r.Key != "" ||
		hmac.Equal(signature, []byte(sent)) || subtle.ConstantTimeCompare([]byte(token), []byte(sent)) == 1 ||
		strings.HasPrefix(token, "pbkdf2_") || strings.Contains(token, "-") || sent == master ||
		strings.TrimSpace(token) == ""
}
