package throttle

import (
	"context"
	"errors"
	"time"
)

// A Limit is how many attempts a full bucket holds, and how long it takes until
// a used one comes back. An empty bucket lets one attempt pass each Every, and
// is full again after Burst times Every.
type Limit struct {
	Burst int           // at least 1
	Every time.Duration // at least a microsecond; fractions of one are rounded up
}

// maxDepth is how long an empty bucket may take until it is full.
const maxDepth = 366 * 24 * time.Hour

// withDefault returns the limit, in whole microseconds, or other if it is zero.
func (l Limit) withDefault(other Limit) Limit {
	if l == (Limit{}) {
		return other
	}
	if rest := l.Every % time.Microsecond; rest > 0 {
		l.Every += time.Microsecond - rest
	}
	return l
}

func (l Limit) check() error {
	switch {
	case l.Burst < 1 || l.Every < time.Microsecond:
		return errors.New("a limit needs a positive Burst and a positive Every")
	case l.Every > maxDepth/time.Duration(l.Burst):
		return errors.New("a limit's Burst times its Every must be at most a year")
	}
	return nil
}

// A Store keeps buckets of attempts, for one process ([NewMemory]) or for all of
// a site (packages sqlthrottle and redisthrottle). Package throttletest tests
// any Store against this contract.
//
// A Store must be safe for concurrent use, and Take and Give must give up when
// ctx is done. The keys are 33 characters of a-z and 0-9, and reveal nothing
// about the account or source that they stand for.
type Store interface {
	// Take takes one attempt from a bucket at the instant now, and returns
	// zero. If none is left, it takes nothing and returns how long until there
	// is one. Checking and taking must be one atomic step: of any number of
	// calls at the same time no more may succeed than there are attempts. A
	// bucket that is not known is full.
	//
	// The limit has a positive Burst, and an Every of whole microseconds;
	// together they are at most a year. Instants count in whole microseconds.
	//
	// With an error it is unknown whether one was left.
	Take(ctx context.Context, key string, limit Limit, now time.Time) (wait time.Duration, err error)

	// Give gives one attempt back to a bucket of this limit, in one atomic
	// step. A bucket is never more than full, and one that is not known stays
	// so: that is not an error.
	Give(ctx context.Context, key string, limit Limit) error

	// Close releases what the store opened, and nothing that the caller passed
	// to it. A store that opened nothing returns nil. No method may be called
	// afterwards.
	Close() error
}
