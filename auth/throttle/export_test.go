package throttle

import (
	"net/http"
	"net/netip"
)

// What tests look at and users need not see.
var (
	Account       = account
	LastUntrusted = lastUntrusted
	ParseAddr     = parseAddr
)

func (m *Memory) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, s := range m.shelves {
		n += len(*s)
	}
	if n != len(m.buckets) {
		panic("the heaps and the map differ")
	}
	return len(m.buckets)
}

func (m *Memory) Keys() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var keys []string
	for key := range m.buckets {
		keys = append(keys, key)
	}
	return keys
}

func (l *Limiter) Source(r *http.Request) netip.Prefix { return l.source(r) }

// Exhausted is how many sources are remembered.
func (l *Limiter) Exhausted() int {
	l.exhausted.mu.Lock()
	defer l.exhausted.mu.Unlock()
	return len(l.exhausted.until)
}

// Turns is the number of sources whose attempts are being counted.
func (l *Limiter) Turns() int {
	l.exhausted.turns.mu.Lock()
	defer l.exhausted.turns.mu.Unlock()
	return len(l.exhausted.turns.of)
}
