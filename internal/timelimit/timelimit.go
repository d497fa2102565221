// Package timelimit bounds how long a database, a cache or another server may
// take for an answer. A server that does not respond must look like one that is
// down: a request that waits for it occupies memory and a connection, and its
// visitor waits.
package timelimit

import (
	"context"
	"time"
)

const (
	// Default is for what a visitor waits for: a load, a lookup, a save.
	Default = 5 * time.Second

	// Bulk is for a statement that no visitor waits for and that may walk over
	// many rows, and for all that a program asks when it starts.
	Bulk = time.Minute

	// Migration is for a statement that changes a table: it may have to build
	// an index on rows of years, or wait for another program that does.
	Migration = 15 * time.Minute
)

// Within returns ctx with an end after limit, or ctx itself if it ends by then
// anyway.
func Within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if at, ok := ctx.Deadline(); ok && time.Until(at) <= limit {
		return ctx, func() {}
	}
	if c, ok := ctx.(*Context); ok {
		ctx = c.unlimited() // its own timer would come too late
	}
	return context.WithTimeout(ctx, limit)
}

// Ensure returns ctx if it has an end, since its owner knows best how long to
// wait, and else ctx with an end after limit.
func Ensure(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, limit)
}
