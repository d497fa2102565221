package sqlstore

import (
	"fmt"
	"time"
)

// Options configure a store.
type Options struct {
	// ClearBatch is how many rows ClearExpired deletes in one statement. Zero
	// is 1000.
	ClearBatch int

	// ClearPause is how long ClearExpired waits between two batches. Zero is 10
	// milliseconds; with a negative ClearPause it does not wait.
	ClearPause time.Duration
}

func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.ClearBatch == 0 {
		c.ClearBatch = 1000
	}
	if c.ClearPause == 0 {
		c.ClearPause = 10 * time.Millisecond
	}
	return c
}

// check names the field that is wrong.
func (o *Options) check() error {
	if o.ClearBatch < 0 {
		return fmt.Errorf("sqlstore: Options.ClearBatch is negative: %d", o.ClearBatch)
	}
	return nil
}
