package metrics

import (
	"sync/atomic"
	"time"

	"github.com/jamsession/jamsession/internal/telemetry"
)

// A histogram counts durations by size.
type histogram struct {
	buckets [len(telemetry.Bounds) + 1]atomic.Uint64 // not cumulative; the last has no bound
	sum     atomic.Int64                             // in nanoseconds
}

// bounds are those of telemetry, in nanoseconds.
var bounds = func() (all [len(telemetry.Bounds)]time.Duration) {
	for i, seconds := range telemetry.Bounds {
		all[i] = time.Duration(seconds * float64(time.Second))
	}
	return all
}()

func (h *histogram) add(took time.Duration) {
	i := 0
	for i < len(bounds) && took > bounds[i] {
		i++
	}
	h.buckets[i].Add(1)
	h.sum.Add(int64(took))
}

// read returns how many durations are at most each bound, and how many in all.
func (h *histogram) read() (upTo [len(telemetry.Bounds)]uint64, count uint64) {
	for i := range h.buckets {
		count += h.buckets[i].Load()
		if i < len(upTo) {
			upTo[i] = count
		}
	}
	return upTo, count
}

// counts returns what the buckets have.
func (h *histogram) counts() []uint64 {
	all := make([]uint64, len(h.buckets))
	for i := range h.buckets {
		all[i] = h.buckets[i].Load()
	}
	return all
}

// quantile estimates the duration that the share q of all does not exceed, as Prometheus does:
// within its bucket, durations count as evenly spread.
func (h *histogram) quantile(q float64) time.Duration {
	upTo, count := h.read()
	if count == 0 {
		return 0
	}
	rank := q * float64(count)
	var below uint64
	var low time.Duration
	for i, n := range upTo {
		if float64(n) >= rank && n > below {
			part := (rank - float64(below)) / float64(n-below)
			return low + time.Duration(part*float64(bounds[i]-low))
		}
		below, low = n, bounds[i]
	}
	return low
}
