// Package attacks attacks whole sites, as package settings opens them, over
// HTTP. Each test has the number that the attack has in docs/threat-model.md.
//
// Attacks on one part only are in the tests of that part, and what needs a
// real browser is in the module integration.
package attacks
