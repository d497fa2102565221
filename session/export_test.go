package session

// Accessed shows the flag to the vector tests.
func Accessed(s *Session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.look == lookItems
}

// Modified shows the flag to the vector tests.
func Modified(s *Session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.isModified()
}

// NewKey shows the generator to its test.
func NewKey() string { return newKey() }

// HashKey shows what HashKeys stores to its test.
func HashKey(key string) string { return hashKey(key) }
