package cachedstore

import "sync"

// leftKeys remembers the last keys that records have given up in this process, in a move.
// The zero value has none.
type leftKeys struct {
	mu   sync.Mutex
	keys map[string]struct{}
	ring [leftKept]string
	next int
}

// leftKept is enough for what moves back: an answer that was refused, soon after its move.
const leftKept = 1024

func (l *leftKeys) add(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, has := l.keys[key]; has {
		return
	}
	if l.keys == nil {
		l.keys = make(map[string]struct{})
	}
	delete(l.keys, l.ring[l.next])
	l.keys[key], l.ring[l.next] = struct{}{}, key
	l.next = (l.next + 1) % leftKept
}

func (l *leftKeys) has(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, has := l.keys[key]
	return has
}
