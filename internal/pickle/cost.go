package pickle

import (
	"fmt"
	"math/big"
)

// What reading may cost. The unit is about a byte of memory: what is only
// looked at, as the bytes of a key are when they are hashed, costs less.
//
// Most opcodes cost what their own bytes do. The others name something that
// was read before, and so could cost much more: a long text as the key of
// thousands of dicts, a list that refers ten times to a list that refers ten
// times to a list. All that grows is paid for before it is made.
const (
	costPerByte = 128       // of the pickle; a dict of small integers takes 110
	freeCost    = 256 << 10 // for small pickles that share much
	maxCost     = 144 << 20 // 1<<20 values, half of them keys, in 16 MiB of text

	valueCost  = 64 // of a push: its place, what it is boxed in, and growth
	memoCost   = 32
	sparseCost = 192 // of a value in a memo with gaps
	pairCost   = 64  // of an entry of a dict
	indexCost  = 64  // of an entry that a dict finds by a map
	copyCost   = 8   // of a byte that is copied, and may be so again and again
	hashedPart = 4   // of this many bytes that are hashed, one is paid

	shownCost = 16 // of a value, written out; see measure
	digitCost = 16 // of a byte of an integer that becomes digits
)

// A meter counts what something costs.
type meter struct{ spent, limit int }

// newMeter returns a meter for a pickle of size bytes.
func newMeter(size, most int) meter {
	if size > (most-freeCost)/costPerByte { // a product of theirs could exceed 32 bits
		return meter{limit: most}
	}
	return meter{limit: costPerByte*size + freeCost}
}

// spend counts a cost, if it may be spent, and reports whether it may.
func (m *meter) spend(n int) bool {
	if n > m.limit-m.spent {
		return false
	}
	m.spent += n
	return true
}

// spend ends the run if it has become too expensive.
func (m *machine) spend(n int) {
	if !m.cost.spend(n) {
		m.beyond("the value of the first %d of %d bytes is too large", m.pos, len(m.src))
	}
}

// measure refuses a value that is too deep, as one that contains itself is,
// or too large if what is shared is written out each time.
func measure(v Value, depth int, cost *meter) error {
	if depth < 0 {
		return fmt.Errorf("%w: nested deeper than %d", ErrLimit, MaxDepth)
	}
	if !cost.spend(sizeShown(v)) {
		return fmt.Errorf("%w: too large, written out", ErrLimit)
	}
	switch v := v.(type) {
	case *List:
		return measureAll(v.Items, depth-1, cost)
	case Tuple:
		return measureAll(v, depth-1, cost)
	case *Set:
		return measureAll(v.Items, depth-1, cost)
	case Call:
		return measureAll(v.Args, depth-1, cost)
	case *Dict:
		for _, p := range v.Pairs {
			if err := measure(p.Key, depth-1, cost); err != nil {
				return err
			}
			if err := measure(p.Value, depth-1, cost); err != nil {
				return err
			}
		}
	}
	return nil
}

func measureAll(values []Value, depth int, cost *meter) error {
	for _, v := range values {
		if err := measure(v, depth, cost); err != nil {
			return err
		}
	}
	return nil
}

// sizeShown returns what it costs to write a value out, without its parts.
func sizeShown(v Value) int {
	switch v := v.(type) {
	case string:
		return shownCost + len(v)
	case Bytes:
		return shownCost + len(v)
	case ByteArray:
		return shownCost + len(v)
	case *big.Int:
		return shownCost + digitCost*(v.BitLen()/8+1)
	case Call:
		return 4*shownCost + len(v.Name)
	}
	return shownCost
}
