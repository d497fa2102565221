package metrics

import (
	"sync"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/internal/telemetry"
)

// historyMinutes is a day.
const historyMinutes = 24 * 60

// A history has how many events of each kind there were in each minute of the last day.
type history struct {
	mu     sync.Mutex
	counts *[historyMinutes][len(telemetry.Kinds)]uint32 // a ring, nil before the first event
	last   int64                                         // the minute that is written, since 1970
}

func minuteOf(at time.Time) int64 { return at.Unix() / 60 }

func (h *history) add(kind int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.advance(minuteOf(time.Now()))
	h.counts[h.last%historyMinutes][kind]++
}

// advance forgets minutes that are more than a day ago.
func (h *history) advance(minute int64) {
	if h.counts == nil {
		h.counts, h.last = new([historyMinutes][len(telemetry.Kinds)]uint32), minute
	}
	if minute-h.last >= historyMinutes {
		*h.counts, h.last = [historyMinutes][len(telemetry.Kinds)]uint32{}, minute
	}
	for h.last < minute { // a clock that goes back changes nothing
		h.last++
		h.counts[h.last%historyMinutes] = [len(telemetry.Kinds)]uint32{}
	}
}

// History returns how many events of a kind there were in each of the last n spans of so many
// minutes, oldest first; the last span ends with this minute. It goes back a day: what was
// before is zero. It panics if minutes is not positive.
func (m *Metrics) History(kind auth.EventKind, minutes, n int) []int {
	if minutes <= 0 {
		panic("metrics: History: a span has at least one minute")
	}
	h := &m.history
	h.mu.Lock()
	defer h.mu.Unlock()
	h.advance(minuteOf(time.Now()))
	spans := make([]int, n)
	k := telemetry.IndexOf(telemetry.Kinds[:], kind)
	for back := range min(minutes*n, historyMinutes) {
		at := h.last - int64(back)
		spans[n-1-back/minutes] += int(h.counts[at%historyMinutes][k])
	}
	return spans
}
