package health

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/jamsession/jamsession/internal/timelimit"
)

// Options configure [Health]. The zero value is right for most programs.
type Options struct {
	// Timeout is how long a part may take to answer. Zero is two seconds.
	Timeout time.Duration

	// Logger is told when a part stops answering, with its error, and when it answers again.
	// Nil is slog.Default().
	Logger *slog.Logger
}

// A Check is a part of the program that must answer, or requests cannot be served.
type Check struct {
	// Name is shown to everybody, and the label of a metric: lower-case letters, digits,
	// underscores.
	Name string

	// Ask returns an error if the part cannot be asked. It must give up when ctx is done.
	Ask func(ctx context.Context) error
}

// An Answer is what a part has last said.
type Answer struct {
	Name string
	OK   bool
	Took time.Duration // how long it took to answer, or to give up
}

// Health knows which parts of a program answer. However many ask, and however often, each
// part is asked once a second at most, and never twice at the same time. Make one with [New];
// it is safe for concurrent use.
type Health struct {
	parts    []*part
	draining atomic.Bool
}

// New returns a Health of these parts. The options may be nil.
func New(o *Options, checks ...Check) (*Health, error) {
	var opts Options
	if o != nil {
		opts = *o
	}
	if err := timelimit.NotNegative("health: Options.Timeout", opts.Timeout); err != nil {
		return nil, err
	}
	if opts.Timeout == 0 {
		opts.Timeout = 2 * time.Second
	}
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	h, seen := new(Health), make(map[string]bool)
	for _, c := range checks {
		if len(c.Name) > 40 || !validName.MatchString(c.Name) || seen[c.Name] || c.Ask == nil {
			return nil, fmt.Errorf(
				"health: a check named %q: want a name of its own, and a function Ask", c.Name)
		}
		seen[c.Name] = true
		h.parts = append(h.parts, &part{Check: c, opts: opts})
	}
	return h, nil
}

var validName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// Ask returns what each part has last said, and asks those that were not asked in the last
// second. It waits hardly longer than Options.Timeout, whatever the parts do.
func (h *Health) Ask(ctx context.Context) []Answer {
	ctx = context.WithoutCancel(ctx) // others wait for the same answers
	asked := make([]<-chan struct{}, len(h.parts))
	for i, p := range h.parts {
		asked[i] = p.ask(ctx)
	}
	answers := make([]Answer, len(h.parts))
	for i, p := range h.parts {
		answers[i] = p.await(ctx, asked[i])
	}
	return answers
}

// Drain has [Health.Ready] answer 503 from now on, so that no new requests come to a process
// that is about to end. Wait for a few seconds then, before the server is shut down.
func (h *Health) Drain() { h.draining.Store(true) }
