package sqlusers

import (
	"log/slog"
	"time"

	"github.com/jamsession/jamsession/internal/timelimit"
)

// Options configure [Users].
type Options struct {
	// Timeout is how long the database may take for an answer if the context of the call has
	// no deadline. Zero is five seconds.
	Timeout time.Duration

	// Logger gets a warning if [Migrate] may not make an index. Nil is slog.Default().
	Logger *slog.Logger
}

func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Timeout <= 0 {
		c.Timeout = timelimit.Default
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}
