package session

import (
	"crypto/sha256"
	"sync"
	"time"
)

// departed remembers the keys that sessions have given up in this process, for requests
// that were sent before the visitor had the answer. They open nothing: it only tells
// what became of a key that the store does not have.
type departed struct {
	mu   sync.Mutex
	keys map[departedKey]departure
	last [departedKept]departedKey // a ring
	next int
}

// A departedKey is a hash of a key as the store has it, which may be a whole cookie.
type departedKey [16]byte

type departure struct {
	at    time.Time
	moved bool // to another key; if not, the session has ended
}

const (
	departedKept = 1024
	departedLife = time.Minute // longer than an answer is under way
)

func departedKeyOf(storeKey string) departedKey {
	sum := sha256.Sum256([]byte(storeKey))
	return departedKey(sum[:])
}

// note remembers a key, in place of the oldest.
func (d *departed) note(storeKey string, moved bool) {
	key := departedKeyOf(storeKey)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.keys == nil {
		d.keys = make(map[departedKey]departure)
	}
	if _, known := d.keys[key]; !known {
		delete(d.keys, d.last[d.next])
		d.last[d.next] = key
		d.next = (d.next + 1) % departedKept
	}
	d.keys[key] = departure{time.Now(), moved}
}

// forget is for a key that a session has again.
func (d *departed) forget(storeKey string) {
	key := departedKeyOf(storeKey)
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, known := d.keys[key]; known {
		d.keys[key] = departure{}
	}
}

// find returns what became of a key, if it is not long ago.
func (d *departed) find(storeKey string) (found departure, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.keys) == 0 {
		return departure{}, false
	}
	key := departedKeyOf(storeKey)
	found, ok = d.keys[key]
	return found, ok && time.Since(found.at) < departedLife
}
