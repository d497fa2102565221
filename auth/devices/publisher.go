package devices

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jamsession/jamsession/internal/panics"
)

const (
	// maxNewsWaiting is of how many users news waits. Of more, it is news of all.
	maxNewsWaiting = 1000

	// publishTime limits one message.
	publishTime = 2 * time.Second

	// warnEvery is how often the log says that nothing can be published, or looked at.
	warnEvery = time.Minute
)

// A publisher tells the other processes for whom something has changed. Those who have
// changed it do not wait. It has one goroutine while there is something to tell.
type publisher struct {
	push   Push
	sender string
	logger *slog.Logger

	mu     sync.Mutex
	idle   sync.Cond           // nobody publishes
	users  map[string]struct{} // whom the news is of
	busy   bool
	closed bool
	warned time.Time
}

func newPublisher(push Push, sender string, logger *slog.Logger) *publisher {
	p := &publisher{push: push, sender: sender, logger: logger, users: make(map[string]struct{})}
	p.idle.L = &p.mu
	return p
}

// tell never waits.
func (p *publisher) tell(user string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	if _, all := p.users[everybody]; all {
		return
	}
	if user == "" || user == everybody || len(p.users) >= maxNewsWaiting {
		clear(p.users)
		user = everybody
	}
	p.users[user] = struct{}{}
	if !p.busy {
		p.busy = true
		panics.Go(p.run, panics.Log(p.logger, "devices: tell other processes"))
	}
}

// run publishes until nothing waits.
func (p *publisher) run() {
	defer p.rest() // after a panic; the next news starts another goroutine
	for user, ok := p.take(); ok; user, ok = p.take() {
		p.publish(user)
	}
}

// take returns one user of whom there is news.
func (p *publisher) take() (user string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for user := range p.users {
		delete(p.users, user)
		return user, true
	}
	p.busy = false
	p.idle.Broadcast()
	return "", false
}

func (p *publisher) rest() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy = false
	p.idle.Broadcast()
}

// publish leaves all that waits out if it fails: the others notice within a second.
func (p *publisher) publish(user string) {
	ctx, cancel := context.WithTimeout(context.Background(), publishTime)
	defer cancel()
	err := p.push.Publish(ctx, newsOf(p.sender, user))
	if err == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.users)
	if time.Since(p.warned).Abs() >= warnEvery {
		p.warned = time.Now()
		p.logger.WarnContext(ctx, "devices: other processes are not told what ends; they look every second",
			slog.Any("error", err))
	}
}

// close takes nothing more, and waits until what waits is published.
func (p *publisher) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for p.busy {
		p.idle.Wait()
	}
}
