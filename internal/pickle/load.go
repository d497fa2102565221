package pickle

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What Loads reads at most.
const (
	MaxSize  = 16 << 20 // bytes
	MaxDepth = 64       // containers in each other
	maxNodes = 1 << 20  // values, each counted as often as it is referred to
	maxInt   = 2048     // bytes of an integer: more than Python's 4300 digits
)

// Loads returns the value in a pickle. Bytes behind its end are ignored, as
// Python ignores them. The error wraps [ErrMalformed] or [ErrLimit].
func Loads(data []byte) (Value, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrLimit, len(data), MaxSize)
	}
	m := machine{src: data}
	v, err := m.run()
	if err != nil {
		return nil, err
	}
	nodes := 0
	return v, measure(v, MaxDepth, &nodes)
}

// measure refuses a value that is too deep, as one that contains itself is,
// or that has too many parts if shared ones are counted each time.
func measure(v Value, depth int, nodes *int) error {
	*nodes++
	if depth < 0 || *nodes > maxNodes {
		return fmt.Errorf("%w: nested deeper than %d, or more than %d values", ErrLimit, MaxDepth, maxNodes)
	}
	switch v := v.(type) {
	case *List:
		return measureAll(v.Items, depth-1, nodes)
	case Tuple:
		return measureAll(v, depth-1, nodes)
	case *Set:
		return measureAll(v.Items, depth-1, nodes)
	case Call:
		return measureAll(v.Args, depth-1, nodes)
	case *Dict:
		for _, p := range v.Pairs {
			if err := measureAll([]Value{p.Key, p.Value}, depth-1, nodes); err != nil {
				return err
			}
		}
	}
	return nil
}

func measureAll(values []Value, depth int, nodes *int) error {
	for _, v := range values {
		if err := measure(v, depth, nodes); err != nil {
			return err
		}
	}
	return nil
}

// A machine runs a pickle. Its methods panic with a fault, which run returns.
type machine struct {
	src   []byte
	pos   int
	stack []Value
	memo  map[uint64]Value
}

type fault struct{ error }

// mark is what MARK puts on the stack. No value is one.
type mark struct{}

// global is what GLOBAL puts on the stack: a name that was not looked up.
type global string

func (m *machine) fail(format string, args ...any) {
	panic(fault{fmt.Errorf("%w at byte %d: "+format, append([]any{ErrMalformed, m.pos}, args...)...)})
}

func (m *machine) run() (v Value, err error) {
	defer func() {
		r := recover()
		f, ok := r.(fault)
		if r != nil && !ok {
			panic(r)
		}
		if ok {
			v, err = nil, f.error
		}
	}()
	for {
		op := m.byte()
		if op == '.' {
			return plain(m.pop()), nil
		}
		m.step(op)
	}
}

// plain turns a name that stands for itself into a value that says so.
func plain(v Value) Value {
	if g, ok := v.(global); ok {
		return Opaque{"the object " + string(g)}
	}
	return v
}

func (m *machine) byte() byte { return m.take(1)[0] }

// take returns the next bytes of the pickle, which must be there.
func (m *machine) take(n uint64) []byte {
	if n > uint64(len(m.src)-m.pos) {
		m.fail("it ends too early")
	}
	b := m.src[m.pos : m.pos+int(n)]
	m.pos += int(n)
	return b
}

// line returns what stands before the next end of line.
func (m *machine) line() string {
	i := bytes.IndexByte(m.src[m.pos:], '\n')
	if i < 0 {
		m.fail("a line does not end")
	}
	text := string(m.src[m.pos : m.pos+i])
	m.pos += i + 1
	return text
}

func (m *machine) u8() uint64  { return uint64(m.byte()) }
func (m *machine) u16() uint64 { return uint64(binary.LittleEndian.Uint16(m.take(2))) }
func (m *machine) u32() uint64 { return uint64(binary.LittleEndian.Uint32(m.take(4))) }
func (m *machine) u64() uint64 { return binary.LittleEndian.Uint64(m.take(8)) }

func (m *machine) push(v Value) { m.stack = append(m.stack, v) }

// top returns the last value, which must be one.
func (m *machine) top() Value {
	if len(m.stack) == 0 {
		m.fail("the stack is empty")
	}
	v := m.stack[len(m.stack)-1]
	if _, isMark := v.(mark); isMark {
		m.fail("a value is missing")
	}
	return v
}

func (m *machine) pop() Value {
	v := m.top()
	m.stack = m.stack[:len(m.stack)-1]
	return v
}

// popMark returns the values behind the last mark, as a slice of their own.
func (m *machine) popMark() []Value {
	for i := len(m.stack) - 1; i >= 0; i-- {
		if _, ok := m.stack[i].(mark); ok {
			values := make([]Value, 0, len(m.stack)-i-1)
			for _, v := range m.stack[i+1:] {
				values = append(values, plain(v))
			}
			m.stack = m.stack[:i]
			return values
		}
	}
	m.fail("there is no mark")
	return nil
}

// text returns UTF-8 with lone surrogates as it stands.
func (m *machine) text(b []byte) string {
	s := string(b)
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			if len(s) < i+3 || s[i] != 0xed || s[i+1]&0xe0 != 0xa0 || s[i+2]&0xc0 != 0x80 {
				m.fail("a text is no UTF-8")
			}
			size = 3
		}
		i += size
	}
	return s
}

// remember stores the last value in the memo. There cannot be more entries
// than opcodes, since the memo is a map.
func (m *machine) remember(i uint64) {
	if m.memo == nil {
		m.memo = make(map[uint64]Value)
	}
	m.memo[i] = m.top()
}

func (m *machine) recall(i uint64) {
	v, ok := m.memo[i]
	if !ok {
		m.fail("nothing is remembered under %d", i)
	}
	m.push(v)
}

func (m *machine) decimal(text string) uint64 {
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		m.fail("a number cannot be read")
	}
	return n
}

// integer returns the number in a line of protocol 0.
func (m *machine) integer(text string) Value {
	n, ok := new(big.Int), len(text) <= 5000
	if ok {
		n, ok = n.SetString(strings.TrimSuffix(text, "L"), 10)
	}
	if !ok {
		m.fail("a number cannot be read")
	}
	return small(n)
}

// long returns the number in little-endian two's complement.
func (m *machine) long(b []byte) Value {
	if len(b) > maxInt {
		panic(fault{fmt.Errorf("%w: an integer of %d bytes", ErrLimit, len(b))})
	}
	reversed := make([]byte, len(b))
	for i, c := range b {
		reversed[len(b)-1-i] = c
	}
	n := new(big.Int).SetBytes(reversed)
	if len(b) > 0 && b[len(b)-1]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return small(n)
}

func small(n *big.Int) Value {
	if n.IsInt64() {
		return n.Int64()
	}
	return n
}

func (m *machine) float(text string) Value {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(f, 0) {
		m.fail("a float cannot be read")
	}
	return f
}
