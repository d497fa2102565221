package throttle

import (
	"context"
	"errors"
	"sync"
	"time"
)

// The store counts a few attempts of one source at a time; the others wait for
// its answers. Otherwise each of a thousand connections that come at once costs
// a call of the store before the first is refused, and everybody waits.
const (
	turnsAtOnce = 4
	turnsWait   = 5 * time.Second
)

// errTurn says why an attempt was not counted.
var errTurn = errors.New("too many attempts of one source wait to be counted")

// turns are the attempts that are being counted, or wait for it, by the name of
// their bucket.
type turns struct {
	mu sync.Mutex
	of map[string]*turn
}

type turn struct {
	free  chan struct{} // holds one value for each that is being counted
	users int
}

// take waits for a turn, until ctx is done or for turnsWait.
func (t *turns) take(ctx context.Context, key string) (leave func(), err error) {
	own := t.join(key)
	leave = func() {
		<-own.free
		t.part(key, own)
	}
	select {
	case own.free <- struct{}{}:
		return leave, nil
	default:
	}
	timer := time.NewTimer(turnsWait)
	defer timer.Stop()
	select {
	case own.free <- struct{}{}:
		return leave, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = errTurn
	}
	t.part(key, own)
	return nil, err
}

func (t *turns) join(key string) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	own := t.of[key]
	if own == nil {
		if t.of == nil {
			t.of = make(map[string]*turn)
		}
		own = &turn{free: make(chan struct{}, turnsAtOnce)}
		t.of[key] = own
	}
	own.users++
	return own
}

func (t *turns) part(key string, own *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if own.users--; own.users == 0 {
		delete(t.of, key)
	}
}
