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
	"unsafe"

	"github.com/jamsession/jamsession/internal/rawjson"
)

// What Loads reads at most. [Loads] says the rest.
const (
	MaxSize  = 16 << 20 // bytes
	MaxDepth = 64       // containers in each other

	maxDigits = rawjson.MaxDigits // of an integer, which is Python's own limit
	maxInt    = 1786              // bytes of an integer of that many digits
	maxName   = 1000              // bytes of the name of a class or function
	maxNumber = 5000              // bytes of a line with a number
)

// Loads returns the value in a pickle. Bytes behind its end are ignored, as
// Python ignores them. The error wraps [ErrMalformed] or [ErrLimit].
//
// Work and memory are in proportion to the size of the pickle, and bounded
// for any: a pickle that would cost more is left when it does. So is one
// whose value would be larger than MaxSize, or 128 times as large as the
// pickle and 256 KiB more, with all that is shared written out each time.
//
// Texts and bytes of the value are those of data, which must not change while the
// value is in use.
func Loads(data []byte) (Value, error) {
	v, _, _, err := load(data)
	return v, err
}

// Cut reads the pickle with which data begins, which is a short one, and returns what
// stands behind it.
func Cut(data []byte) (v Value, rest []byte, err error) {
	const short = 64
	m := machine{src: data[:min(len(data), short)], cost: newMeter(short, maxCost)}
	v, err = m.run()
	return v, data[m.pos:], err
}

// load also returns what the run has cost, and what it would cost to write
// the value out.
func load(data []byte) (v Value, ran, shown meter, err error) {
	if len(data) > MaxSize {
		return nil, ran, shown, fmt.Errorf("%w: %d bytes, at most %d", ErrLimit, len(data), MaxSize)
	}
	m := machine{src: data, cost: newMeter(len(data), maxCost)}
	v, err = m.run()
	if err != nil {
		return nil, m.cost, shown, err
	}
	shown = newMeter(len(data), MaxSize)
	if err := measure(v, MaxDepth, &shown); err != nil {
		return nil, m.cost, shown, err
	}
	return v, m.cost, shown, nil
}

// A machine runs a pickle. Its methods panic with a fault, which run returns.
type machine struct {
	src   []byte
	pos   int
	stack []Value   // what was pushed after the last MARK
	below [][]Value // what was pushed before it, and before those before it
	memo  memo
	cost  meter
}

type fault struct{ error }

// global is what GLOBAL puts on the stack: a name that was not looked up.
type global string

func (m *machine) fail(format string, args ...any) {
	panic(fault{fmt.Errorf("%w at byte %d: "+format, append([]any{ErrMalformed, m.pos}, args...)...)})
}

// beyond fails for a part that is larger than the limits.
func (m *machine) beyond(format string, args ...any) {
	panic(fault{fmt.Errorf("%w: "+format, append([]any{ErrLimit}, args...)...)})
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
func (m *machine) line() []byte {
	i := bytes.IndexByte(m.src[m.pos:], '\n')
	if i < 0 {
		m.fail("a line does not end")
	}
	return m.take(uint64(i + 1))[:i]
}

// number returns a line that is to be a number.
func (m *machine) number() string {
	line := m.line()
	if len(line) > maxNumber {
		m.beyond("a number of %d bytes", len(line))
	}
	return string(line)
}

func (m *machine) u8() uint64  { return uint64(m.byte()) }
func (m *machine) u16() uint64 { return uint64(binary.LittleEndian.Uint16(m.take(2))) }
func (m *machine) u32() uint64 { return uint64(binary.LittleEndian.Uint32(m.take(4))) }
func (m *machine) u64() uint64 { return binary.LittleEndian.Uint64(m.take(8)) }

func (m *machine) push(v Value) {
	m.spend(valueCost)
	m.stack = push(m.stack, v)
}

// push appends a value. It doubles what is full, so that growing costs no
// more than twice what there is at the end.
func push[T any](values []T, v T) []T {
	if len(values) == cap(values) {
		values = append(make([]T, 0, max(2*len(values), 1)), values...)
	}
	return append(values, v)
}

func (m *machine) mark() {
	m.spend(valueCost)
	m.below = push(m.below, m.stack)
	m.stack = nil
}

// top returns the last value, which must be there.
func (m *machine) top() Value {
	if len(m.stack) == 0 {
		m.fail("a value is missing")
	}
	return m.stack[len(m.stack)-1]
}

func (m *machine) pop() Value {
	v := m.top()
	m.stack = m.stack[:len(m.stack)-1]
	return v
}

// popMark returns the values behind the last mark, which nobody else has.
func (m *machine) popMark() []Value {
	if len(m.below) == 0 {
		m.fail("a mark is missing")
	}
	values := m.stack
	last := len(m.below) - 1
	m.stack, m.below[last] = m.below[last], nil
	m.below = m.below[:last]
	for i, v := range values {
		values[i] = plain(v)
	}
	return values
}

// drop forgets the last value, or the last mark if there is none behind it.
func (m *machine) drop() {
	if len(m.stack) == 0 && len(m.below) > 0 {
		m.popMark()
		return
	}
	m.pop()
}

// text returns UTF-8 with lone surrogates as it stands.
func (m *machine) text(b []byte) string {
	m.spend(len(b))
	// A copy would be the third of a long text.
	s := unsafe.String(unsafe.SliceData(b), len(b))
	if utf8.ValidString(s) { // which looks at eight bytes at a time
		return s
	}
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			if len(s) < i+3 || s[i] != 0xed || s[i+1]&0xe0 != 0xa0 || s[i+2]&0xc0 != 0x80 {
				m.fail("a text is not UTF-8")
			}
			size = 3
		}
		i += size
	}
	return s
}

// remember stores the last value in the memo.
func (m *machine) remember(i uint64) {
	v := m.top()
	if m.memo.hasRoomFor(i) {
		m.spend(memoCost)
	} else {
		m.spend(sparseCost)
	}
	m.memo.put(i, v)
}

func (m *machine) recall(i uint64) {
	v, ok := m.memo.get(i)
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
	text = strings.TrimSuffix(text, "L")
	if len(text) > maxDigits+len("-") {
		m.beyond("an integer of %d digits", len(text))
	}
	m.spend(digitCost * len(text) / 2)
	n, ok := new(big.Int).SetString(text, 10)
	if !ok {
		m.fail("a number cannot be read")
	}
	return small(n)
}

// long returns the number in little-endian two's complement.
func (m *machine) long(b []byte) Value {
	if len(b) > maxInt {
		m.beyond("an integer of %d bytes", len(b))
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
