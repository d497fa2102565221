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

func TestPauseEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for round := range 2 {
		if err := jitter.Pause(ctx, round); !errors.Is(err, context.Canceled) {
			t.Errorf("round %d: error %v", round, err)
		}
	}
}
