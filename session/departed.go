package session

import (
	"crypto/sha256"
	"sync"
	"sync/atomic"
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

	count atomic.Int64 // of departures so far
}

// A departedKey is a hash of a key as the store has it, which may be a whole cookie.
type departedKey [16]byte

type departure struct {
	to     departedKey // the key to which the session moved; zero if it has ended
	at     time.Time
	number int64
}

func (d departure) moved() bool { return d.to != departedKey{} }

const (
	departedKept = 1024
	underWay     = 15 * time.Second // how long an answer may take
)

// overtook reports whether a request may have been sent before its visitor had the answer
// that told of the departure. The request began when there had been so many departures.
// If the session has ended, only one that began before does not know: others would be
// kept out of a new session by a cookie that nobody has removed.
func (d departure) overtook(began int64) bool {
	return d.number > began || d.moved() && time.Since(d.at) < underWay
}

func departedKeyOf(storeKey string) departedKey {
	sum := sha256.Sum256([]byte(storeKey))
	return departedKey(sum[:])
}

// noteEnd remembers that a session has ended.
func (d *departed) noteEnd(storeKey string) {
	d.note(departedKeyOf(storeKey), departedKey{})
}

// noteMove remembers that a session has another key now.
func (d *departed) noteMove(from, to string) {
	d.note(departedKeyOf(from), departedKeyOf(to))
}

// note remembers a key, in place of the oldest.
func (d *departed) note(key, to departedKey) {
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
	d.keys[key] = departure{to, time.Now(), d.count.Add(1)}
}

// forget is for a key that a session has again.
func (d *departed) forget(storeKey string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.keys, departedKeyOf(storeKey))
}

// find returns what became of a key.
func (d *departed) find(storeKey string) (found departure, ok bool) {
	key := departedKeyOf(storeKey)
	d.mu.Lock()
	defer d.mu.Unlock()
	found, ok = d.keys[key]
	return found, ok
}

// lives reports whether the session of a key that is gone may live on under another one,
// and whether anything is known of it. It follows a session that has moved several times.
func (d *departed) lives(storeKey string) (may, known bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	gone, known := d.keys[departedKeyOf(storeKey)]
	for hops := 0; gone.moved(); hops++ {
		next, ok := d.keys[gone.to]
		if !ok || hops == departedKept {
			return true, true
		}
		gone = next
	}
	return false, known
}
