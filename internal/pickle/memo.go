package pickle

// A memo is where a pickle stores values to refer to them again. Python
// numbers them from 0 on, so that they make a list; a pickle may as well use
// any other number, which must not cost the memory of all below it.
type memo struct {
	list   []Value
	sparse map[uint64]Value // those with a number beyond the list
}

// size returns how many values there are.
func (m *memo) size() uint64 { return uint64(len(m.list) + len(m.sparse)) }

// hasRoomFor reports whether a number leaves no gap.
func (m *memo) hasRoomFor(i uint64) bool { return i <= uint64(len(m.list)) }

func (m *memo) put(i uint64, v Value) {
	switch n := uint64(len(m.list)); {
	case i < n:
		m.list[i] = v
	case i == n:
		delete(m.sparse, i)
		m.list = push(m.list, v)
	default:
		if m.sparse == nil {
			m.sparse = make(map[uint64]Value)
		}
		m.sparse[i] = v
	}
}

func (m *memo) get(i uint64) (Value, bool) {
	if i < uint64(len(m.list)) {
		return m.list[i], true
	}
	v, ok := m.sparse[i]
	return v, ok
}
