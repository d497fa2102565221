package health

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/jamsession/jamsession/internal/panics"
	"github.com/jamsession/jamsession/internal/timelimit"
)

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
	panics.Go(func() { p.answer(ctx) }, func(error) {})
	return p.asking
}

var answered = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// answer asks, and keeps the answer whatever happens: a part without an answer is never asked
// again.
func (p *part) answer(ctx context.Context) {
	err := errLeft
	defer func() { p.note(ctx, err) }()
	if panicked := panics.Try(func() { err = p.question(ctx) }); panicked != nil {
		err = panicked
	}
}

// errLeft is the answer of a part that has ended its goroutine.
var errLeft = errors.New("runtime.Goexit")

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
	changed := p.fails(err != nil)
	p.mu.Unlock()
	if changed {
		p.log(ctx, err)
	}
}

// missed notes that a part has not answered in time.
func (p *part) missed(ctx context.Context, asked <-chan struct{}) {
	p.mu.Lock()
	changed := p.asking == asked && p.fails(true) // else it answers just now
	p.mu.Unlock()
	if changed {
		p.log(ctx, errSilent)
	}
}

// errSilent is in the log if a part neither answers nor gives up.
var errSilent = errors.New("it does not give up either")

// fails notes whether a part fails, and reports whether that is news. The caller holds the lock.
func (p *part) fails(now bool) bool {
	changed := p.failing != now
	p.failing = now
	return changed
}

// await returns the answer, or that there is none in time. A part that does not give up is not
// asked again meanwhile.
func (p *part) await(ctx context.Context, asked <-chan struct{}) Answer {
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
		p.missed(ctx, asked)
		return Answer{Name: p.Name, Took: p.opts.Timeout}
	}
}

// grace is how long a part has to notice that its time is over.
const grace = 50 * time.Millisecond

// log says that a part begins or ceases to fail. Nobody must wait because a handler of the log
// panics.
func (p *part) log(ctx context.Context, err error) {
	_ = panics.Try(func() {
		if err == nil {
			p.opts.Logger.InfoContext(ctx, "health: a part answers again", slog.String("part", p.Name))
			return
		}
		p.opts.Logger.ErrorContext(ctx, "health: a part does not answer",
			slog.String("part", p.Name), slog.Any("error", err))
	})
}
