package load

import (
	"math/bits"
	"time"
)

// A histogram counts durations, each to within 1 in 64. Its zero value is
// empty; it never allocates.
type histogram struct {
	counts [32 * slots]uint64
	total  uint64
}

// slots is into how many parts each doubling of a duration is divided.
const slots = 64

// longest is the longest duration that is told from longer ones, a minute or so.
const longest = 1<<36 - 1

// slot returns where a duration is counted: below 64 ns each has its own,
// above each doubling has 64.
func slot(d time.Duration) int {
	n := uint64(min(max(d, 0), longest))
	doubling := max(0, bits.Len64(n)-7)
	return doubling*slots + int(n>>doubling)
}

// middle returns the duration in the middle of a slot.
func middle(slot int) time.Duration {
	doubling := max(0, slot/slots-1)
	least := time.Duration(slot-doubling*slots) << doubling
	return least + (time.Duration(1)<<doubling)/2
}

func (h *histogram) add(d time.Duration) {
	h.counts[slot(d)]++
	h.total++
}

func (h *histogram) merge(other *histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
	h.total += other.total
}

// quantile returns the duration that a part q of all do not exceed.
func (h *histogram) quantile(q float64) time.Duration {
	rank := uint64(q * float64(h.total))
	var seen uint64
	for i, n := range h.counts {
		if seen += n; seen > rank || seen == h.total && n > 0 {
			return middle(i)
		}
	}
	return 0
}
