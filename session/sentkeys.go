package session

import (
	"iter"
	"net/http"
)

// maxLookups is how many of the keys that a request carries are looked up.
const maxLookups = 4

// sentKeys yields the keys of the request that may have come from here, the one that
// counts first.
func (m *Manager) sentKeys(r *http.Request) iter.Seq[string] {
	return func(yield func(string) bool) {
		if r == nil {
			return
		}
		for key := range m.carried(r) {
			if m.issued(key) && !yield(key) {
				return
			}
		}
	}
}

// carried yields all keys of the request; of a [Transport] of the program that is one.
func (m *Manager) carried(r *http.Request) iter.Seq[string] {
	if t, ok := m.transport.(severalKeys); ok {
		return t.keys(r)
	}
	return func(yield func(string) bool) {
		if key, sent := m.transport.Key(r); sent {
			yield(key)
		}
	}
}
