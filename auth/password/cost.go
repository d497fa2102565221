package password

import "fmt"

// A Cost is what one hash takes.
type Cost struct {
	// Work is the time, in iterations of PBKDF2 with SHA-256. It is rough for
	// other algorithms: right within a factor of two on the processors that it
	// was measured on.
	Work int

	// Memory is in bytes. Zero is too little to count.
	Memory int64
}

// The highest costs that are accepted, in a stored string too: somebody who
// can write one row must not be able to stop the site.
const (
	// MaxWork takes some seconds.
	MaxWork = 10_000_000

	// MaxMemory is 1 GiB.
	MaxMemory = 1 << 30
)

// Work of the algorithms in iterations of PBKDF2 with SHA-256, measured side
// by side.
const (
	workPerArgon2KiB   = 7   // a pass over 1 KiB
	workPerScryptBlock = 1.5 // N * r * p
	workPerBCryptRound = 217
)

// check refuses a cost that is out of bounds.
func (c Cost) check() error {
	switch {
	case c.Work < 0 || c.Work > MaxWork:
		return malformed("costs more work than the %d iterations that are allowed", MaxWork)
	case c.Memory < 0 || c.Memory > MaxMemory:
		return malformed("costs more memory than the %d bytes that are allowed", MaxMemory)
	}
	return nil
}

// malformed returns an error that wraps ErrMalformed.
func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
}
