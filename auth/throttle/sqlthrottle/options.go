package sqlthrottle

import (
	"time"

	"github.com/jamsession/jamsession/internal/timelimit"
)

// Options configure a store.
type Options struct {
	// Timeout is how long the database may take for an answer if the context of
	// the call has no deadline. Zero is five seconds.
	Timeout time.Duration
}

func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Timeout == 0 {
		c.Timeout = timelimit.Default
	}
	return c
}
