package cachedstore

import (
	"context"
	"time"
)

// A Cache keeps values for a limited time, and may lose them at any time. It
// must be safe for concurrent use, and each method must be one atomic step.
//
// Any error other than those named means that this call has failed. If it is one of
// Get, and does not wrap session.ErrTooLarge, the cache counts as unavailable for a
// second; one of a call that writes may be about its value only.
//
// A cache whose entries stay when they have expired has one more method:
//
//	// ClearExpired removes entries that have expired, and returns how many.
//	ClearExpired(ctx context.Context, now time.Time) (int, error)
type Cache interface {
	// Get returns the value under key. It must return session.ErrNotFound if
	// there is none.
	Get(ctx context.Context, key string) ([]byte, error)

	// Set stores value under key for ttl, and replaces any other.
	Set(ctx context.Context, key string, value []byte, ttl time.Duration) error

	// Add stores value under key for ttl. It must return session.ErrExists,
	// and change nothing, if a value is there.
	Add(ctx context.Context, key string, value []byte, ttl time.Duration) error

	// Swap replaces the value under key by new, for ttl, if it is old. It must
	// return session.ErrConflict if there is another value, or
	// session.ErrNotFound if there is none, and must then change nothing.
	Swap(ctx context.Context, key string, old, new []byte, ttl time.Duration) error

	// Delete removes the value under key, if there is one. It is for a cache that
	// cannot take a value in its place, since its memory is full for example.
	Delete(ctx context.Context, key string) error

	// Close releases what the cache opened, and nothing that the caller passed
	// to it. A cache that opened nothing returns nil. No method may be called
	// afterwards.
	Close() error
}
