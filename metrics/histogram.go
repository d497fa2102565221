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

// durations are those of work that went well, and of all other work.
type durations struct{ well, otherwise histogram }

// read returns what a histogram of both would.
func (d *durations) read() (upTo [len(telemetry.Bounds)]uint64, count uint64, sum time.Duration) {
	upTo, count = d.well.read()
	more, moreCount := d.otherwise.read()
	for i := range upTo {
		upTo[i] += more[i]
	}
	return upTo, count + moreCount, time.Duration(d.well.sum.Load() + d.otherwise.sum.Load())
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
	h.sum.Add(int64(max(took, 0))) // a sum that falls would be a restart to Prometheus
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
func (d *durations) counts() []uint64 {
	all := make([]uint64, len(d.well.buckets))
	for i := range all {
		all[i] = d.well.buckets[i].Load() + d.otherwise.buckets[i].Load()
	}
	return all
}
