// Package hashqueue has values that package password shares with package auth, but
// not with programs: for whom a hash is, which hashes belong together, and how much
// work was done.
package hashqueue

import (
	"context"
	"sync/atomic"
)

// sourceKey is the key under which a context has its source.
type sourceKey struct{}

// WithSource returns a context for hashes that a visitor from this source waits
// for, such as a network address. In the queue of hashers sources take turns,
// and none takes all places. Visitors without a source share one.
func WithSource(ctx context.Context, source string) context.Context {
	return context.WithValue(ctx, sourceKey{}, source)
}

// Source returns the source of a context, empty if it has none.
func Source(ctx context.Context) string {
	source, _ := ctx.Value(sourceKey{}).(string)
	return source
}

// togetherKey is the key under which a context says whether one of its
// hashes was admitted by these hashers, a *password.Hashers.
type togetherKey struct{ hashers any }

// Together returns a context for the hashes that one attempt of a visitor
// takes, such as to verify a password and to hash it anew. Once one of them was
// let in, the rest wait as long as they must and are not refused because others
// wait: otherwise a password that was found right would count for nothing. Each
// attempt needs a context of its own.
func Together(ctx context.Context, hashers any) context.Context {
	if Admitted(ctx, hashers) != nil {
		return ctx
	}
	return context.WithValue(ctx, togetherKey{hashers}, new(atomic.Bool))
}

// Admitted returns what says whether a hash of the attempt was let in; nil for a
// context that Together has not made.
func Admitted(ctx context.Context, hashers any) *atomic.Bool {
	admitted, _ := ctx.Value(togetherKey{hashers}).(*atomic.Bool)
	return admitted
}

// Work returns how much work a *password.Hashers has done since it was made,
// in iterations of PBKDF2 with SHA-256: the work of two attempts can be
// compared by it where times cannot. Package password sets it.
var Work func(hashers any) int64
