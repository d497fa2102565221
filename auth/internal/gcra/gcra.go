// Package gcra decides whether a bucket has an attempt left, by the generic
// cell rate algorithm: all that a bucket keeps is the instant at which it will
// be full again. All values are in microseconds, since the scripts of Redis
// count exactly up to 2^53 only.
package gcra

import "time"

// MaxSkew is how far the clocks of two programs may differ. A bucket that
// would be full only later than that was written by a clock that is wrong, or
// has been put right since, and must not lock anybody out until then.
const MaxSkew = int64(time.Hour / time.Microsecond)

// Take takes one attempt at the instant now from a bucket that will be full at
// the instant full; zero means that it is full already. One attempt comes back
// every so often, as every says; depth is every times the attempts that the
// bucket holds. Take returns when the bucket will be full afterwards, and zero;
// or, if there is no attempt left, how long until there is one.
func Take(full, now, every, depth int64) (next, wait int64) {
	switch {
	case full < now:
		full = now
	case full > now+depth+MaxSkew:
		full = now + depth
	}
	if wait := full + every - now - depth; wait > 0 {
		return full, wait
	}
	return full + every, 0
}
