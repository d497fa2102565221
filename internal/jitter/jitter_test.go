package jitter_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/internal/jitter"
)

func TestPauseIsLongerInLaterRounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		longest := func(round int) (d time.Duration) {
			for range 500 {
				began := time.Now()
				if err := jitter.Pause(t.Context(), round); err != nil {
					t.Fatal(err)
				}
				d = max(d, time.Since(began))
			}
			return d
		}
		if d := longest(0); d != 0 {
			t.Errorf("the first round waits %v", d)
		}
		if d := longest(2); d > 2*time.Millisecond || d < time.Millisecond {
			t.Errorf("round 2 waits up to %v, want 2ms", d)
		}
		if d := longest(1000); d > 20*time.Millisecond || d < 10*time.Millisecond {
			t.Errorf("round 1000 waits up to %v, want 20ms", d)
		}
	})
}

func TestBackIsLongerInLaterRounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for round, limit := range map[int]time.Duration{
			0: 200 * time.Millisecond, 3: 1600 * time.Millisecond, 1000: 30 * time.Second,
		} {
			for range 100 {
				began := time.Now()
				if err := jitter.Back(t.Context(), round); err != nil {
					t.Fatal(err)
				}
				if d := time.Since(began); d < limit/2 || d > limit {
					t.Errorf("round %d waits %v, want at most %v", round, d, limit)
				}
			}
		}
	})
}

func TestPauseEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for round := range 2 {
		if err := jitter.Pause(ctx, round); !errors.Is(err, context.Canceled) {
			t.Errorf("round %d: error %v", round, err)
		}
		if err := jitter.Back(ctx, round); !errors.Is(err, context.Canceled) {
			t.Errorf("Back, round %d: error %v", round, err)
		}
	}
}
