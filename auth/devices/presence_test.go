package devices

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// TestDevicesInUseAreEstimated in each span, each device once, and forgotten after a day.
func TestDevicesInUseAreEstimated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &keeper{d: new(Devices)}
		use := func(from, to int) {
			for range 2 {
				for i := from; i < to; i++ {
					k.d.inUse.note("device"+strconv.Itoa(i), time.Now())
				}
			}
		}
		near := func(what string, got, want int) {
			t.Helper()
			if got < want*97/100 || got > want*103/100 {
				t.Errorf("%s: %d, want about %d", what, got, want)
			}
		}
		use(0, 20_000)
		time.Sleep(10 * time.Minute)
		use(0, 3)
		use(100_000, 110_000)
		near("three spans", k.InUse(3, 1)[0], 30_000)
		last := k.InUse(1, 3)
		near("the first", last[0], 20_000)
		near("the last", last[2], 10_003)
		if last[1] != 0 {
			t.Errorf("%d in the span in which nobody came", last[1])
		}
		time.Sleep(24 * time.Hour)
		for _, n := range k.InUse(12, 24) {
			if n != 0 {
				t.Errorf("%d a day later", n)
			}
		}
		use(0, 1)
		if n := k.InUse(1, 1)[0]; n != 1 {
			t.Errorf("%d, want 1", n)
		}
		use(0, 1_000_000) // more than there is room for
		if n := k.InUse(1, 1)[0]; n < 300_000 {
			t.Errorf("%d", n)
		}
	})
}
