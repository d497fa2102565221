package throttle_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/auth/throttle/throttletest"
	"github.com/jamsession/jamsession/internal/noerror"
)

func TestMemory(t *testing.T) {
	throttletest.Run(t, func(*testing.T) throttle.Store { return noerror.In(throttle.NewMemory(100_000)) })
}

// TestMemoryKeepsWhatIsExhausted: what is forgotten is what was used least, and
// not what would be full soonest. Sources are full sooner than names.
func TestMemoryKeepsWhatIsExhausted(t *testing.T) {
	const size = 100
	name := throttle.Limit{Burst: 10, Every: 5 * time.Minute}
	source := throttle.Limit{Burst: 50, Every: 2 * time.Second}
	for _, c := range []struct{ exhausted, flood throttle.Limit }{
		{source, name}, {name, source}, {source, source}, {name, name},
	} {
		m := noerror.In(throttle.NewMemory(size))
		now := time.Now()
		take := func(key string, limit throttle.Limit) time.Duration {
			t.Helper()
			wait, err := m.Take(t.Context(), key, limit, now)
			if err != nil {
				t.Fatal(err)
			}
			return wait
		}
		for range c.exhausted.Burst {
			take("exhausted", c.exhausted)
		}
		for i := range 5 * size {
			now = now.Add(time.Microsecond)
			take(fmt.Sprint("flood ", i), c.flood)
			if n := throttle.Len(m); n > size {
				t.Fatalf("%d buckets, want at most %d", n, size)
			}
		}
		if take("exhausted", c.exhausted) == 0 {
			t.Errorf("%v was forgotten in a flood of %v", c.exhausted, c.flood)
		}
	}
}

// TestMemoryTakesAnotherLimit: a bucket keeps what was taken when the limit is
// another one, as after a change of the settings.
func TestMemoryTakesAnotherLimit(t *testing.T) {
	m := noerror.In(throttle.NewMemory(100_000))
	now := time.Now()
	few, many := throttle.Limit{Burst: 1, Every: time.Minute}, throttle.Limit{Burst: 2, Every: time.Minute}
	for i, c := range []struct {
		limit throttle.Limit
		wait  time.Duration
	}{{few, 0}, {few, time.Minute}, {many, 0}, {many, time.Minute}, {few, 2 * time.Minute}} {
		if wait, err := m.Take(t.Context(), "a", c.limit, now); wait != c.wait || err != nil || throttle.Len(m) != 1 {
			t.Errorf("%d: %v, %v; want %v, and 1 bucket of %d", i, wait, err, c.wait, throttle.Len(m))
		}
	}
}

// TestMemoryIsBounded: of too many buckets those are forgotten that were used
// least, and new ones are counted all the same.
func TestMemoryIsBounded(t *testing.T) {
	const size = 100
	m := noerror.In(throttle.NewMemory(size))
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
		if n := throttle.Len(m); n > size {
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
	if n := throttle.Len(m); n != 1 {
		t.Errorf("%d buckets when all but one are full again", n)
	}
}
