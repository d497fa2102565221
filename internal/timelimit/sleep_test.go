package timelimit_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/internal/timelimit"
)

func TestSleepEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for limit, want := range map[time.Duration]error{
			time.Second: context.DeadlineExceeded, time.Hour: nil,
		} {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			began := time.Now()
			err := timelimit.Sleep(ctx, time.Minute)
			if slept := time.Since(began); !errors.Is(err, want) || slept != min(limit, time.Minute) {
				t.Errorf("within %v: %v after %v", limit, err, slept)
			}
			cancel()
		}
	})
}
