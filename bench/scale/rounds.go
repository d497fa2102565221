package scale

import (
	"fmt"
	"time"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/bench/report"
)

// A round is the traffic alone, and then the same while rows are deleted.
type round struct{ quiet, busy spell }

// A slowdown is how many times as long the slowest hundredth of the
// operations takes at least, compared with a quiet time.
type slowdown struct{ reads, updates float64 }

func (r round) whileQuiet() spell { return r.quiet }
func (r round) whileBusy() spell  { return r.busy }
func (s spell) ofReads() *times   { return s.reads }
func (s spell) ofUpdates() *times { return s.updates }

// times99 returns how many times as long as in the quiet the 99th percentile
// is, the median of the rounds.
func times99(rounds []round, part func(spell) *times) float64 {
	return overRounds(rounds, func(r round) float64 {
		return float64(part(r.busy).quantile(0.99)) / float64(part(r.quiet).quantile(0.99))
	})
}

// overRounds returns the median over the rounds. A last one that was over
// soon does not count.
func overRounds(rounds []round, of func(round) float64) float64 {
	if last := len(rounds) - 1; last > 0 && rounds[last].busy.took < rounds[0].busy.took/2 {
		rounds = rounds[:last]
	}
	var all []float64
	for _, r := range rounds {
		all = append(all, of(r))
	}
	return contest.Median(all)
}

func took(rounds []round, when func(round) spell) (sum time.Duration) {
	for _, r := range rounds {
		sum += when(r).took
	}
	return sum
}

// row shows the quiet or the busy side of rounds in the columns of clearings.
func row(name string, rounds []round, when func(round) spell, slow slowdown) []string {
	cells := []string{name, fmt.Sprint(len(rounds)), report.Number(took(rounds, when).Seconds())}
	failed := 0
	for _, part := range []struct {
		of   func(spell) *times
		slow float64
	}{{spell.ofReads, slow.reads}, {spell.ofUpdates, slow.updates}} {
		for _, q := range []float64{0.5, 0.99} {
			cells = append(cells, report.Nanos(overRounds(rounds, func(r round) float64 {
				return float64(part.of(when(r)).quantile(q))
			})))
		}
		var longest time.Duration
		for _, r := range rounds {
			longest = max(longest, part.of(when(r)).quantile(1))
			failed += part.of(when(r)).failed
		}
		cells = append(cells, report.Nanos(float64(longest)), report.Number(part.slow))
	}
	return append(cells, fmt.Sprint(failed))
}
