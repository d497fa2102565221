package sqlstore

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestBatchesTakeAShortTime: they grow while they are quick, and shrink where others would
// wait for long; a size that was asked for stays.
func TestBatchesTakeAShortTime(t *testing.T) {
	for name, c := range map[string]struct {
		size   int
		perRow time.Duration
		want   []int
	}{
		"quick":     {0, time.Microsecond, []int{1000, 2000, 4000, 5000, 5000}},
		"well":      {0, 15 * time.Microsecond, []int{1000, 1000, 1000, 1000, 1000}},
		"slow":      {0, time.Millisecond, []int{1000, 500, 250, 250, 250}},
		"asked for": {700, time.Millisecond, []int{700, 700, 700, 700, 700}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var sizes []int
				total := 0
				all := batches{c.size, time.Second, func(_ context.Context, limit int) (int, error) {
					sizes = append(sizes, limit)
					if len(sizes) == 5 {
						limit-- // the last ones
					}
					total += limit
					time.Sleep(time.Duration(limit) * c.perRow)
					return limit, nil
				}}
				if n, err := all.run(t.Context()); n != total || err != nil || !slices.Equal(sizes, c.want) {
					t.Errorf("batches %d, want %d; %d rows of %d, %v", sizes, c.want, n, total, err)
				}
			})
		})
	}
}
