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
		t, ok := m.transport.(severalKeys)
		if r == nil || !ok {
			return
		}
		for key := range t.keys(r) {
			if m.issued(key) && !yield(key) {
				return
			}
		}
	}
}
