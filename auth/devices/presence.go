package devices

import (
	"hash/maphash"
	"math"
	"math/bits"
	"sync"
	"time"

	"github.com/jamsession/jamsession/internal/devicekeeper"
)

var _ devicekeeper.Presence = (*keeper)(nil)

const (
	presenceSpan  = 5 * time.Minute // in which a device that is used says so once
	presenceSpans = 24 * 12         // a day
	presenceBits  = 1 << 15
)

// A presence estimates how many devices were in use, in four kilobytes for each span: each
// device sets a bit, and as many bits are set as there are devices, except for those that meet
// (linear counting). The error is about a percent up to a hundred thousand.
type presence struct {
	seed  maphash.Seed
	mu    sync.Mutex
	spans [presenceSpans]presenceSet
}

// A presenceSet has the devices of a span.
type presenceSet struct {
	at   int64 // the number of the span since 1970
	bits *[presenceBits / 64]uint64
}

func (p *presence) note(id string, now time.Time) {
	at := now.UnixMicro() / presenceSpan.Microseconds()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seed == (maphash.Seed{}) {
		p.seed = maphash.MakeSeed()
	}
	set := &p.spans[at%presenceSpans]
	if set.at != at || set.bits == nil {
		set.at, set.bits = at, new([presenceBits / 64]uint64)
	}
	bit := maphash.String(p.seed, id) % presenceBits
	set.bits[bit/64] |= 1 << (bit % 64)
}

// InUse implements devicekeeper.Presence.
func (k *keeper) InUse(spans, n int) []int {
	p, last := &k.d.inUse, time.Now().UnixMicro()/presenceSpan.Microseconds()
	p.mu.Lock()
	defer p.mu.Unlock()
	counts := make([]int, n)
	for i := range counts {
		var all [presenceBits / 64]uint64
		for back := range spans {
			at := last - int64((n-1-i)*spans+back)
			set := p.spans[((at%presenceSpans)+presenceSpans)%presenceSpans]
			if set.at != at || set.bits == nil {
				continue
			}
			for j, word := range set.bits {
				all[j] |= word
			}
		}
		counts[i] = estimate(&all)
	}
	return counts
}

func estimate(set *[presenceBits / 64]uint64) int {
	unset := presenceBits
	for _, word := range set {
		unset -= bits.OnesCount64(word)
	}
	return int(math.Round(presenceBits * math.Log(presenceBits/float64(max(unset, 1)))))
}
