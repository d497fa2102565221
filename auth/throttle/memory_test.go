package throttle_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/auth/throttle/throttletest"
)

func TestMemory(t *testing.T) {
	throttletest.Run(t, func(*testing.T) throttle.Store { return throttle.NewMemory(0) })
}

// TestMemoryIsBounded: of too many buckets those are forgotten that would be
// full soonest, and new ones are counted all the same.
func TestMemoryIsBounded(t *testing.T) {
	const size = 100
	m := throttle.NewMemory(size)
	limit := throttle.Limit{Burst: 3, Every: time.Minute}
	now := time.Now()
	take := func(key string) time.Duration {
		t.Helper()
		wait, err := m.Take(t.Context(), key, limit, now)
		if err != nil {
			t.Fatal(err)
		}
		return wait
	}
	for range limit.Burst {
		if wait := take("victim"); wait != 0 {
			t.Fatalf("wait %v", wait)
		}
	}
	for i := range 50 * size {
		now = now.Add(time.Microsecond)
		take(fmt.Sprint("flood ", i))
		if n := m.Len(); n > size {
			t.Fatalf("%d buckets, want at most %d", n, size)
		}
	}
	if take("victim") == 0 {
		t.Error("a flood of names has freed the bucket that was exhausted")
	}
	for range limit.Burst {
		take("late")
	}
	if take("late") == 0 {
		t.Error("a full store does not count a new bucket")
	}
	now = now.Add(time.Hour)
	take("later")
	if n := m.Len(); n != 1 {
		t.Errorf("%d buckets when all but one are full again", n)
	}
}
