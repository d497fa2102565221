package redisstore

import (
	"sync"
	"time"
)

// memory is how long a change is remembered: longer than the server's message
// about it can be on its way.
const memory = 5 * time.Second

// recent are the keys that this process has changed a moment ago. The
// client-side cache is not asked for them: the server's message that they have
// changed may still be on its way.
type recent struct {
	mu    sync.Mutex
	until map[string]time.Time
	sweep time.Time // when to forget the old ones
}

func newRecent() *recent { return &recent{until: make(map[string]time.Time)} }

func (r *recent) add(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if now.After(r.sweep) {
		for key, until := range r.until {
			if now.After(until) {
				delete(r.until, key)
			}
		}
		r.sweep = now.Add(memory)
	}
	r.until[key] = now.Add(memory)
}

func (r *recent) has(key string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Now().Before(r.until[key])
}
