package throttle_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/session"
)

// silent is a store that says nothing until the context is done.
type silent struct{}

func (silent) Take(ctx context.Context, _ string, _ throttle.Limit, _ time.Time) (time.Duration, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

func (silent) Give(ctx context.Context, _ string, _ throttle.Limit) error {
	<-ctx.Done()
	return ctx.Err()
}

// TestSilentStoreIsUnavailableAfterTheTimeout, which is five seconds unless
// the options say otherwise. With FailOpen the attempt passes, and it is logged
// in both cases.
func TestSilentStoreIsUnavailableAfterTheTimeout(t *testing.T) {
	for _, limit := range []time.Duration{0, 200 * time.Millisecond} {
		for _, failOpen := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				var log strings.Builder
				l, err := throttle.NewAt(time.Now, silent{}, keys, &throttle.Options{
					Timeout: limit, FailOpen: failOpen, Logger: slog.New(slog.NewTextHandler(&log, nil)),
				})
				if err != nil {
					t.Fatal(err)
				}
				want := 5 * time.Second
				if limit > 0 {
					want = limit
				}
				for _, limited := range []bool{false, true} { // by package auth, too
					log.Reset()
					ctx, begin := t.Context(), time.Now()
					if limited {
						var cancel context.CancelFunc
						ctx, cancel = context.WithTimeout(ctx, want)
						defer cancel()
					}
					err = l.Check(from(home).WithContext(ctx), auth.Attempt{Username: "alice"})
					took := time.Since(begin)
					refused := errors.Is(err, session.ErrUnavailable)
					if refused == failOpen || took != want {
						t.Errorf("limited %v, FailOpen %v: %v after %v, want %v", limited, failOpen, err, took, want)
					}
					if !strings.Contains(log.String(), "cannot be counted") {
						t.Errorf("limited %v, FailOpen %v: logged %q", limited, failOpen, log.String())
					}
				}
				begin := time.Now()
				l.Succeeded(from(home), auth.Attempt{Username: "alice"})
				if took := time.Since(begin); took != want {
					t.Errorf("Succeeded took %v, want %v", took, want)
				}
			})
		}
	}
}

func (silent) Close() error { return nil }
