// Package consttime finds secrets that are compared in a time that tells how
// much of a guess is right: by ==, by bytes.Equal, in a switch, as the key of a
// map. Its test looks through the packages of the module that know secrets.
//
// A secret is known by the words in its name, which are those of this module:
// a variable, field, function or parameter called after a MAC, signature,
// digest, token, hash, key, secret or fingerprint; what is assigned from one;
// and what an encoding or a conversion makes of one. Numbers do not count, and
// neither does a comparison with nil or with "", which asks whether there is
// one.
package consttime
