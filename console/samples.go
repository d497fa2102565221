package console

import (
	"sync"
	"time"

	"github.com/jamsession/jamsession/internal/telemetry"
	"github.com/jamsession/jamsession/session"
)

// samplesKept is a day, one a minute.
const samplesKept = 24*60 + 1

// A sample is what the site's metrics have counted up to a minute.
type sample struct {
	minute    int64 // since 1970; 0: none
	conflicts uint64
	loads     [len(telemetry.Bounds) + 1]uint64 // by how long they took
}

// samples are those of the last day, for what the metrics have no history of.
type samples struct {
	mu    sync.Mutex
	ring  [samplesKept]sample
	first sample // when the console was made
}

func (c *Console) sampleNow() sample {
	s := sample{minute: time.Now().Unix() / 60, conflicts: c.site.Metrics.CountSessions("conflict")}
	copy(s.loads[:], telemetry.Took(c.site.Metrics, session.OpLoad))
	return s
}

// sample takes one each minute, until the console is closed.
func (c *Console) sample() {
	ticker := time.NewTicker(time.Minute)
	defer ticker.Stop()
	for {
		select {
		case <-c.streams.closed.Done():
			return
		case <-ticker.C:
			c.samples.add(c.sampleNow())
		}
	}
}

func (s *samples) add(one sample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ring[one.minute%samplesKept] = one
}

// at returns the sample of a minute, or the last before it.
func (s *samples) at(minute int64) sample {
	for back := minute; back > s.first.minute && back > minute-samplesKept; back-- {
		if one := s.ring[back%samplesKept]; one.minute == back {
			return one
		}
	}
	return s.first
}

// spans returns what was counted in each of the last n times so many minutes, the oldest first,
// and in all of them together.
func (s *samples) spans(now sample, minutes, n int) (each []sample, all sample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.at(now.minute - int64(minutes*n))
	all = now.since(last)
	for i := n - 1; i >= 0; i-- {
		next := now
		if i > 0 {
			next = s.at(now.minute - int64(minutes*i))
		}
		each = append(each, next.since(last))
		last = next
	}
	return each, all
}

// since is what was counted between two samples.
func (s sample) since(before sample) sample {
	s.conflicts -= before.conflicts
	for i := range s.loads {
		s.loads[i] -= before.loads[i]
	}
	return s
}

// quantile estimates the time that a share of the loads has not exceeded; zero if there were none.
func (s sample) quantile(share float64) time.Duration {
	var count uint64
	for _, n := range s.loads {
		count += n
	}
	rank, below, low := share*float64(count), 0.0, 0.0
	for i, bound := range telemetry.Bounds {
		n := float64(s.loads[i])
		if n > 0 && below+n >= rank {
			return time.Duration((low + (bound-low)*(rank-below)/n) * float64(time.Second))
		}
		below, low = below+n, bound
	}
	if count == 0 {
		return 0
	}
	return time.Duration(low * float64(time.Second)) // or longer
}
