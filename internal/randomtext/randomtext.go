// Package randomtext makes random texts that nobody can guess, for the keys of
// sessions and the secrets of forms, in Django's alphabets.
package randomtext

import "crypto/rand"

const longest = 64

// Of returns n characters, 64 at most, drawn uniformly from the alphabet. Bytes
// from the largest multiple of its length on are dropped, so that no character
// comes more often than another.
func Of(alphabet string, n int) string {
	limit := 256 - 256%len(alphabet)
	var text, pool [longest]byte
	for i := 0; i < n; {
		_, _ = rand.Read(pool[:]) // never fails: it ends the program instead
		for _, b := range pool {
			if int(b) < limit && i < n {
				text[i] = alphabet[int(b)%len(alphabet)]
				i++
			}
		}
	}
	return string(text[:n])
}
