package siteparts

import (
	"context"

	"github.com/jamsession/jamsession/auth/throttle"
	"github.com/jamsession/jamsession/cachedstore"
	"github.com/jamsession/jamsession/secret"
	"github.com/jamsession/jamsession/session"
)

// A Cache opens caches of one kind, by their URLs, for keys with a prefix.
type Cache struct {
	// Store opens a cache as a store of sessions. The codec is nil unless
	// Django shares the cache.
	Store func(ctx context.Context, at secret.Text, prefix string, codec session.Codec) (session.Store, error)

	// Table opens a cache in front of a table.
	Table func(ctx context.Context, at secret.Text, prefix string) (cachedstore.Cache, error)

	// Attempts opens a cache as the place where attempts to log in are
	// counted. Nil is none.
	Attempts func(ctx context.Context, at secret.Text, prefix string) (throttle.Store, error)
}
