package pickle

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"strings"
)

// A Writer makes one pickle of protocol 4. It writes no memo and no frames:
// nothing is shared, and every Python reads it all the same.
//
// It writes nothing that [Loads] would refuse for its size: then its methods
// return an error that wraps [ErrLimit].
type Writer struct {
	buf   []byte
	shown meter // as measure counts
}

// NewDict returns a writer that has begun a dict.
func NewDict() *Writer {
	w := &Writer{buf: []byte("\x80\x04}("), shown: meter{limit: MaxSize}}
	w.shown.spend(shownCost)
	return w
}

// Bytes ends the dict and returns the pickle.
func (w *Writer) Bytes() []byte { return append(w.buf, "u."...) }

// spend refuses what would be too much with a value of n bytes.
func (w *Writer) spend(n int) error {
	if !w.shown.spend(shownCost+n) || len(w.buf)+n > MaxSize-shownCost {
		return fmt.Errorf("%w: more than %d bytes or %d values", ErrLimit, MaxSize, MaxSize/shownCost)
	}
	return nil
}

// Key writes the key of the next value. Keys must differ.
func (w *Writer) Key(key string) error { return w.Value(key) }

// Value writes a value. The error names the type of what cannot be written.
func (w *Writer) Value(v Value) error {
	if err := w.spend(sizeShown(v) - shownCost); err != nil {
		return err
	}
	switch v := v.(type) {
	case nil:
		w.op('N')
	case bool:
		w.bool(v)
	case int64:
		w.int(v)
	case *big.Int:
		w.long(v)
	case float64:
		w.float(v)
	case string:
		w.text(v)
	case Bytes:
		w.sized("C", "B", "\x8e", v)
	case ByteArray:
		return w.byteArray(v)
	case *List:
		w.op(']')
		return w.filled(v.Items, 'e')
	case Tuple:
		return w.tuple(v)
	case *Set:
		return w.set(v)
	case *Dict:
		return w.dict(v)
	case Call:
		return w.call(v)
	case Opaque:
		return fmt.Errorf("%q cannot be written", v.Type)
	default:
		return fmt.Errorf("%T cannot be written", v)
	}
	return nil
}

func (w *Writer) op(code ...byte) { w.buf = append(w.buf, code...) }

func (w *Writer) bool(b bool) {
	if b {
		w.op(0x88)
	} else {
		w.op(0x89)
	}
}

func (w *Writer) float(f float64) {
	w.op('G')
	w.buf = binary.BigEndian.AppendUint64(w.buf, math.Float64bits(f))
}

func (w *Writer) text(s string) { w.sized("\x8c", "X", "\x8d", []byte(s)) }

// sized writes bytes behind their length, by the opcode for one of 1, 4 or 8
// bytes.
func (w *Writer) sized(short, long, longest string, b []byte) {
	switch n := len(b); {
	case n < 1<<8:
		w.buf = append(append(w.buf, short...), byte(n))
	case uint64(n) < 1<<32:
		w.buf = binary.LittleEndian.AppendUint32(append(w.buf, long...), uint32(n))
	default:
		w.buf = binary.LittleEndian.AppendUint64(append(w.buf, longest...), uint64(n))
	}
	w.buf = append(w.buf, b...)
}

// int writes an integer by the shortest opcode, as Python does.
func (w *Writer) int(n int64) {
	switch {
	case n == int64(uint8(n)):
		w.op('K', byte(n))
	case n == int64(uint16(n)):
		w.op('M', byte(n), byte(n>>8))
	case n == int64(int32(n)):
		w.op('J')
		w.buf = binary.LittleEndian.AppendUint32(w.buf, uint32(n))
	default:
		w.long(big.NewInt(n))
	}
}

func (w *Writer) long(n *big.Int) {
	b := twosComplement(n)
	if len(b) < 1<<8 {
		w.op(0x8a, byte(len(b)))
	} else {
		w.op(0x8b)
		w.buf = binary.LittleEndian.AppendUint32(w.buf, uint32(len(b)))
	}
	w.buf = append(w.buf, b...)
}

// twosComplement returns a number in little-endian bytes.
func twosComplement(n *big.Int) []byte {
	size := n.BitLen()/8 + 1 // one bit for the sign
	if n.Sign() < 0 {
		n = new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
	}
	b := n.FillBytes(make([]byte, size))
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return b
}

// filled writes what an opcode then puts into the container before.
func (w *Writer) filled(values []Value, op byte) error {
	if len(values) == 0 {
		return nil
	}
	w.op('(')
	for _, v := range values {
		if err := w.Value(v); err != nil {
			return err
		}
	}
	w.op(op)
	return nil
}

func (w *Writer) tuple(t Tuple) error {
	if len(t) == 0 {
		w.op(')')
		return nil
	}
	return w.filled(t, 't')
}

func (w *Writer) set(s *Set) error {
	if !s.Frozen {
		w.op(0x8f)
		return w.filled(s.Items, 0x90)
	}
	if len(s.Items) == 0 {
		w.op('(', 0x91)
		return nil
	}
	return w.filled(s.Items, 0x91)
}

func (w *Writer) dict(d *Dict) error {
	w.op('}')
	values := make([]Value, 0, 2*len(d.Pairs))
	for _, p := range d.Pairs {
		values = append(values, p.Key, p.Value)
	}
	return w.filled(values, 'u')
}

// byteArray has an opcode in protocol 5 only; here it is a call.
func (w *Writer) byteArray(b ByteArray) error {
	return w.call(Call{"builtins.bytearray", Tuple{Bytes(b)}})
}

func (w *Writer) call(c Call) error {
	module, name := splitName(c.Name)
	w.text(module)
	w.text(name)
	w.op(0x93)
	if err := w.tuple(c.Args); err != nil {
		return err
	}
	w.op('R')
	return nil
}

// splitName splits a dotted name as it was joined: of the names that are kept,
// those of zoneinfo have a class in them.
func splitName(dotted string) (module, name string) {
	if rest, ok := strings.CutPrefix(dotted, "zoneinfo."); ok {
		return "zoneinfo", rest
	}
	i := strings.LastIndexByte(dotted, '.')
	return dotted[:i], dotted[i+1:]
}
