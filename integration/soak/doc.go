// Package soak holds the proof that nothing is lost, brought back or left behind by
// faults that come again and again. Visitors of a real site, served by two processes, log
// in, change their sessions, rotate their keys and log out, while the server or one of the
// processes is killed and comes back, round after round.
//
//	go test ./soak             # a few rounds on each engine, as in CI
//	go test ./soak -rounds 50  # make soak
package soak
