package cachedstore

import (
	"log/slog"
	"time"
)

// Options configure a [Store].
type Options struct {
	// Lifetime is how long an entry of the cache is served before the database
	// is asked again. Zero is 5 minutes.
	Lifetime time.Duration

	// Timeout is how long the cache may take for one answer before the
	// database is asked in its place. Zero is 250 milliseconds.
	Timeout time.Duration

	// Pickle returns the data of a record as Django's cached_db keeps it in
	// the cache: the pickled dict of the items. Nil is for a cache that is not
	// shared with Django.
	Pickle func(data []byte) ([]byte, error)

	// Logger is told, once in a while, that the cache fails. Nil is
	// slog.Default().
	Logger *slog.Logger
}

func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Lifetime <= 0 {
		c.Lifetime = 5 * time.Minute
	}
	if c.Timeout <= 0 {
		c.Timeout = 250 * time.Millisecond
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Pickle == nil {
		c.Pickle = func([]byte) ([]byte, error) { return []byte(none), nil }
	}
	return c
}
