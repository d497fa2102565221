package health

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jamsession/jamsession/internal/panics"
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
		if !validName.MatchString(c.Name) || seen[c.Name] || c.Ask == nil {
			return nil, fmt.Errorf(
				"health: a check named %q: want a name of its own, and a function Ask", c.Name)
		}
		seen[c.Name] = true
		h.parts = append(h.parts, &part{Check: c, opts: opts})
	}
	return h, nil
}

var validName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// Ask returns what each part has last said, and asks those that were not asked in the last
// second. It waits no longer than Options.Timeout.
func (h *Health) Ask(ctx context.Context) []Answer {
	ctx = context.WithoutCancel(ctx) // others wait for the same answers
	asked := make([]<-chan struct{}, len(h.parts))
	for i, p := range h.parts {
		asked[i] = p.ask(ctx)
	}
	answers := make([]Answer, len(h.parts))
	for i, p := range h.parts {
		answers[i] = p.await(asked[i])
	}
	return answers
}

// Drain has [Health.Ready] answer 503 from now on, so that no new requests come to a process
// that is about to end. Wait for a few seconds then, before the server is shut down.
func (h *Health) Drain() { h.draining.Store(true) }

// A part is a check and what it has last said.
type part struct {
	Check
	opts Options

	mu      sync.Mutex
	asking  chan struct{} // closed with the answer; nil if nobody asks
	since   time.Time     // when it was last asked; zero: never
	last    Answer
	failing bool // the log has said so
}

// every is how often a part is asked at most.
const every = time.Second

// ask has the part asked if that is due, and returns a channel that is closed when the answer
// is there.
func (p *part) ask(ctx context.Context) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.asking != nil:
		return p.asking
	case !p.since.IsZero() && time.Since(p.since) < every:
		return answered
	}
	p.asking, p.since = make(chan struct{}), time.Now()
	panics.Go(func() { p.note(ctx, p.question(ctx)) }, func(err error) { p.note(ctx, err) })
	return p.asking
}

var answered = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

func (p *part) question(ctx context.Context) error {
	ctx, cancel := timelimit.Within(ctx, p.opts.Timeout)
	defer cancel()
	return p.Ask(ctx)
}

// note keeps the answer.
func (p *part) note(ctx context.Context, err error) {
	p.mu.Lock()
	p.last = Answer{Name: p.Name, OK: err == nil, Took: time.Since(p.since)}
	close(p.asking)
	p.asking = nil
	p.mu.Unlock()
	p.log(ctx, err)
}

// await returns the answer, or that there is none in time. A part that does not give up is not
// asked again meanwhile.
func (p *part) await(asked <-chan struct{}) Answer {
	p.mu.Lock()
	left := p.opts.Timeout - time.Since(p.since)
	p.mu.Unlock()
	timer := time.NewTimer(max(left, 0) + grace)
	defer timer.Stop()
	select {
	case <-asked:
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.last
	case <-timer.C:
		return Answer{Name: p.Name, Took: p.opts.Timeout}
	}
}

// grace is how long a part has to notice that its time is over.
const grace = 50 * time.Millisecond

// log says when a part begins or ceases to fail.
func (p *part) log(ctx context.Context, err error) {
	p.mu.Lock()
	changed := p.failing != (err != nil)
	p.failing = err != nil
	p.mu.Unlock()
	switch {
	case !changed:
	case err != nil:
		p.opts.Logger.ErrorContext(ctx, "health: a part does not answer",
			slog.String("part", p.Name), slog.Any("error", err))
	default:
		p.opts.Logger.InfoContext(ctx, "health: a part answers again", slog.String("part", p.Name))
	}
}
