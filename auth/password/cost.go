package password

import "fmt"

// A cost is the work and the memory of one hash, as [Hasher].Cost returns them.
type cost struct {
	work   int
	memory int64
}

// costOf returns the cost of checking a string or, if it is empty, of making
// one.
func costOf(h Hasher, encoded string) cost {
	work, memory := h.Cost(encoded)
	return cost{work, memory}
}

func (c cost) both() (work int, memory int64) { return c.work, c.memory }

// The highest accepted costs, for stored strings, too: somebody who can write
// one row must not be able to stop the site.
const (
	maxWork   = 10_000_000 // some seconds
	maxMemory = 1 << 30    // 1 GiB
)

// Work of the algorithms in iterations of PBKDF2 with SHA-256, measured side
// by side.
const (
	workPerArgon2KiB    = 7   // a pass over 1 KiB
	workPerOldArgon2KiB = 28  // the same in plain Go
	workPerScryptBlock  = 1.5 // N * r * p
	workPerBCryptRound  = 217
)

// check refuses a cost that is out of bounds.
func (c cost) check() error {
	switch {
	case c.work < 0 || c.work > maxWork:
		return malformed("the work exceeds the %d iterations that are allowed", maxWork)
	case c.memory < 0 || c.memory > maxMemory:
		return malformed("the memory exceeds the %d bytes that are allowed", maxMemory)
	}
	return nil
}

// malformed returns an error that wraps ErrMalformed.
func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
}
