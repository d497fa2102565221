package throttle

import (
	"context"
	"sync"
	"time"

	"github.com/jamsession/jamsession/internal/timelimit"
)

// A refusal is cheap, but a refused client can try again at once, and a
// thousand connections that do so leave no time for the hashes of others. So
// refusals have a pace, by the real clock, and each connection waits for its
// answer.
const (
	paceEvery = 4 * time.Millisecond // between two refusals
	paceAlone = time.Millisecond     // the wait of one while no other waits
	paceBurst = 256                  // refusals that are not delayed
	paceMost  = 2 * time.Second      // the longest wait
	paceHeld  = 4096                 // how many wait at a time; further ones do not wait
)

// A pace spreads refusals over time.
type pace struct {
	mu   sync.Mutex
	next time.Time // when the next one may go, after those that wait
	held int
}

// hold waits until a refusal may be sent, or the visitor has gone.
func (p *pace) hold(ctx context.Context) {
	wait := p.enter(time.Now())
	if wait <= 0 {
		return
	}
	defer p.leave()
	_ = timelimit.Sleep(ctx, wait)
}

// enter returns how long the next refusal must wait.
func (p *pace) enter(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if earliest := now.Add(-paceBurst * paceEvery); p.next.Before(earliest) {
		p.next = earliest
	}
	wait := p.next.Add(paceEvery).Sub(now)
	switch {
	case p.held >= paceHeld:
		return 0
	case wait > paceMost:
		wait = paceMost // beside those that have a turn
	default:
		p.next = p.next.Add(paceEvery)
	}
	if wait <= 0 {
		return 0
	}
	if p.held == 0 {
		wait = min(wait, paceAlone)
	}
	p.held++
	return wait
}

func (p *pace) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held--
}
