package siteparts

import (
	"context"
	"time"

	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

// A Cache opens caches of one kind, by their URLs.
type Cache struct {
	// Store opens a cache as a store of sessions.
	Store func(ctx context.Context, at secret.Text, o CacheOptions) (session.Store, error)

	// Table opens a cache in front of a table. The codec counts if it says how values
	// are written.
	Table func(ctx context.Context, at secret.Text, o CacheOptions) (cachedstore.Cache, error)

	// Attempts opens a cache as the place where attempts to log in are
	// counted. Nil is none.
	Attempts func(ctx context.Context, at secret.Text, prefix string) (throttle.Store, error)
}

// CacheOptions say how values are kept.
type CacheOptions struct {
	Prefix  string                  // of keys, if KeyFunc is nil
	KeyFunc func(key string) string // what makes the cache's keys of sessions' keys
	Codec   session.Codec           // nil: Django does not share the cache
	Hashing string                  // how keys are distributed over several servers

	// For stores of sessions on Redis: how long this process may answer from its own
	// memory, 0 for not at all, and how many bytes that may take.
	ClientCache      time.Duration
	ClientCacheBytes int
}
