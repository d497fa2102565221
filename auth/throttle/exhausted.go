package throttle

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// maxExhausted is how many sources are remembered, in about a megabyte.
const maxExhausted = 10_000

// exhausted remembers which sources have no attempts left, and until when,
// according to the store. Their requests cost the store nothing meanwhile:
// otherwise one address with many connections would keep it busy with refusals,
// and everybody would wait.
//
// It is exact. A source gets nothing back early, and attempts in other programs
// make the time later, not earlier.
type exhausted struct {
	mu    sync.Mutex
	until map[string]int64 // by the name of the bucket; in microseconds, as stores count
	turns turns
	pace  pace
}

// takeSource takes one attempt from the request's source.
func (l *limiter) takeSource(ctx context.Context, r *http.Request) error {
	source := l.SourceOf(r)
	key := l.bucketKey(bucketSource, source)
	wait := l.exhausted.wait(key, l.now())
	if wait == 0 {
		leave, err := l.exhausted.turns.take(ctx, key)
		if err != nil {
			return l.unavailable(r, err)
		}
		wait = l.exhausted.wait(key, l.now()) // another attempt may have found out
		if wait == 0 {
			defer leave()
			return l.take(ctx, r, bucketSource, source, l.opts.PerSource, mark{})
		}
		leave()
	}
	return l.refuse(r, wait)
}

// Refuse returns the error that Check would return for any attempt of this
// request, if that is known without the store: its source has no attempts left,
// and the request has no cookie of a known device. Otherwise it returns nil. It
// counts nothing.
func (l *limiter) Refuse(r *http.Request) error {
	if _, ok := l.device(r); ok {
		return nil
	}
	wait := l.exhausted.wait(l.bucketKey(bucketSource, l.source(r).String()), l.now())
	if wait == 0 {
		return nil
	}
	return l.refuse(r, wait)
}

// refuse refuses an attempt without the store.
func (l *limiter) refuse(r *http.Request, wait time.Duration) error {
	l.exhausted.pace.hold(r.Context())
	if l.opts.OnLimited != nil {
		l.opts.OnLimited(r, string(bucketSource), wait)
	}
	return tooMany(bucketSource, wait)
}

// wait returns how long from now a source has no attempts left; zero if the
// store must decide.
func (e *exhausted) wait(key string, now time.Time) time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	until, ok := e.until[key]
	left := until - now.UnixMicro()
	if left > 0 {
		return time.Duration(left) * time.Microsecond
	}
	if ok {
		delete(e.until, key)
	}
	return 0
}

// note remembers for how long a source has no attempts left.
func (e *exhausted) note(key string, now time.Time, wait time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.until == nil {
		e.until = make(map[string]int64)
	}
	at := now.UnixMicro()
	if _, ok := e.until[key]; !ok && len(e.until) >= maxExhausted {
		e.makeRoom(at)
	}
	e.until[key] = at + wait.Microseconds()
}

// forget lets the store decide about a source again.
func (e *exhausted) forget(key string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.until, key)
}

// makeRoom forgets some of the sources that may try again, or else any one,
// whose next attempt then costs a call of the store.
func (e *exhausted) makeRoom(at int64) {
	some := ""
	looked := 0
	for key, until := range e.until { // begins anywhere
		if some = key; until <= at {
			delete(e.until, key)
		}
		if looked++; looked == 16 {
			break
		}
	}
	if len(e.until) >= maxExhausted {
		delete(e.until, some)
	}
}
