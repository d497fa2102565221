// Package consttime finds comparisons of secrets whose time reveals how much of
// a guess is right: by ==, by bytes.Equal, in a switch, as the key of a map.
// Its test checks the packages of the module that handle secrets.
//
// A secret is recognized by the words in its name, which are those of this
// module: a variable, field, function or parameter called after a MAC,
// signature, digest, token, hash, key, secret or fingerprint; a value assigned
// from one; and an encoding or a conversion of one. Numbers do not count, and
// neither does a comparison with nil or "".
package consttime
