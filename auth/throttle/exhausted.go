package throttle

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// maxExhausted is how many sources are remembered, in about a megabyte.
const maxExhausted = 10_000

// exhausted knows which sources have nothing left, and until when, as the store
// has said. Their requests cost the store nothing meanwhile: otherwise one
// address with many connections would keep it busy with refusals, and everybody
// would wait.
//
// It is exact. Nothing is given back to a source early, and what other
// programs take from the source makes the time later, not earlier.
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
		wait = l.exhausted.wait(key, l.now()) // the others may have found out
		if wait == 0 {
			defer leave()
			return l.take(ctx, r, bucketSource, source, l.opts.PerSource)
		}
		leave()
	}
	return l.refuse(r, wait)
}

// Refuse returns the error that Check would return for any attempt of this
// request, if that is known without asking the store: its source has
// nothing left, and the request has no cookie of a device. Otherwise it
// returns nil, and counts nothing.
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

// refuse refuses attempts without asking the store.
func (l *limiter) refuse(r *http.Request, wait time.Duration) error {
	l.exhausted.pace.hold(r.Context())
	if l.opts.OnLimited != nil {
		l.opts.OnLimited(r, string(bucketSource), wait)
	}
	return tooMany(bucketSource, wait)
}

// wait returns how long from now a source has nothing left; zero if the
// store must be asked.
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

// note remembers for how long a source has nothing left.
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

// makeRoom forgets some of the sources that may try again, or else any one,
// which costs a question to the store.
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
