package redisstore

import (
	"sync"
	"time"
)

// memory is how long a change is remembered at most: longer than the server's
// message about it can take.
const memory = 5 * time.Second

// recent are the keys that this process has just changed. Loads of them bypass
// the client-side cache: the server's message about the change may not have
// arrived yet.
type recent struct {
	mu      sync.Mutex
	changes map[string]changed
	serial  uint64
	sweep   time.Time // when to forget the old ones
}

type changed struct {
	serial uint64
	until  time.Time
}

func newRecent() *recent { return &recent{changes: make(map[string]changed)} }

func (r *recent) add(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if now.After(r.sweep) {
		for key, c := range r.changes {
			if now.After(c.until) {
				delete(r.changes, key)
			}
		}
		r.sweep = now.Add(memory)
	}
	r.serial++
	r.changes[key] = changed{r.serial, now.Add(memory)}
}

// last returns the number of the last change of a key, or 0 if there was none.
func (r *recent) last(key string) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.changes[key]
	if !ok || !time.Now().Before(c.until) {
		return 0
	}
	return c.serial
}

// heard forgets a change, since the server's message about it has arrived.
// Changes after it are not forgotten.
func (r *recent) heard(key string, serial uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.changes[key].serial == serial {
		delete(r.changes, key)
	}
}
