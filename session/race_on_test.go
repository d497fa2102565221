//go:build race

package session_test

// raceEnabled: the race detector allocates, too.
const raceEnabled = true
