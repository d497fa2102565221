// Package jitter keeps those that compete for one thing from meeting again and
// again.
package jitter

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/jamsession/jamsession/internal/timelimit"
)

// longest is how long a pause can get.
const longest = 20 * time.Millisecond

// Pause waits a random moment before a thing is tried again, longer in later
// rounds, and not at all in round 0. Its error is that of ctx.
func Pause(ctx context.Context, round int) error {
	if round == 0 {
		return ctx.Err()
	}
	limit := min(time.Duration(round)*time.Millisecond, longest)
	return timelimit.Sleep(ctx, rand.N(limit)) // no secret
}

// slowest is how long a pause of Back can get.
const slowest = 30 * time.Second

// Back waits before somebody who was sent away comes back, in round 0 up to a fifth of a
// second, and twice as long in each round after it. Its error is that of ctx.
func Back(ctx context.Context, round int) error {
	limit := min(200*time.Millisecond<<min(round, 10), slowest)
	return timelimit.Sleep(ctx, limit/2+rand.N(limit/2)) // no secret
}
