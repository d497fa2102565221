package password

import "fmt"

// A cost is what one hash takes: what [Hasher].Cost says.
type cost struct {
	work   int
	memory int64
}

// costOf returns what it takes to check a string, or to make one if it is empty.
func costOf(h Hasher, encoded string) cost {
	work, memory := h.Cost(encoded)
	return cost{work, memory}
}

func (c cost) both() (work int, memory int64) { return c.work, c.memory }

// The highest costs that are accepted, in a stored string too: somebody who
// can write one row must not be able to stop the site.
const (
	maxWork   = 10_000_000 // takes some seconds
	maxMemory = 1 << 30    // 1 GiB
)

// Work of the algorithms in iterations of PBKDF2 with SHA-256, measured side
// by side.
const (
	workPerArgon2KiB   = 7   // a pass over 1 KiB
	workPerScryptBlock = 1.5 // N * r * p
	workPerBCryptRound = 217
)

// check refuses a cost that is out of bounds.
func (c cost) check() error {
	switch {
	case c.work < 0 || c.work > maxWork:
		return malformed("costs more work than the %d iterations that are allowed", maxWork)
	case c.memory < 0 || c.memory > maxMemory:
		return malformed("costs more memory than the %d bytes that are allowed", maxMemory)
	}
	return nil
}

// malformed returns an error that wraps ErrMalformed.
func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
}
