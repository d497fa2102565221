package cachedstore

import (
	"cmp"
	"errors"
	"log/slog"
	"time"

	"github.com/jamsession/jamsession/internal/cachevalue"
	"github.com/jamsession/jamsession/internal/timelimit"
	"github.com/jamsession/jamsession/session"
)

// Options configure a store.
type Options struct {
	// Lifetime is how long an entry of the cache is served before the row is
	// read from the database again. Zero is 5 minutes.
	Lifetime time.Duration

	// Timeout is how long the cache may take for one answer before the database
	// is used in its place. Zero is 250 milliseconds.
	Timeout time.Duration

	// Codec is that of session.Options, if Django shares the cache: django.Signed.
	// The entries then also contain the items as Django's cached_db stores them,
	// as Values say. Nil is for a cache that is not shared with Django.
	Codec session.Codec

	// Values is the form of the entries for Django, if its cache has another than
	// pickles: django.CacheValues. Nil is pickles.
	Values session.Codec

	// Logger gets a warning, at most once a second, while the cache fails or
	// refuses what is to be cached. Nil is slog.Default().
	Logger *slog.Logger
}

func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Lifetime == 0 {
		c.Lifetime = 5 * time.Minute
	}
	if c.Timeout == 0 {
		c.Timeout = 250 * time.Millisecond
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

func (o *Options) check() error {
	return cmp.Or(
		o.checkValues(),
		timelimit.NotNegative("cachedstore: Options.Lifetime", o.Lifetime),
		timelimit.NotNegative("cachedstore: Options.Timeout", o.Timeout),
	)
}

// pickles reports whether the entries are pickles.
func (o *Options) pickles() bool {
	written, ok := o.Values.(interface{ Serializer() string })
	return !ok || written.Serializer() == "pickle"
}

func (o *Options) checkValues() error {
	if o.Values != nil && !cachevalue.For(o.Values).Django {
		return errors.New("cachedstore: Options.Values is not of django.CacheValues")
	}
	return nil
}
