package pickle

import (
	"encoding/binary"
	"math"
	"slices"
)

// step runs one opcode.
func (m *machine) step(op byte) {
	if m.scalar(op) || m.container(op) || m.memory(op) || m.object(op) {
		return
	}
	m.pos--
	m.fail("opcode %#02x is unknown", op)
}

// scalar runs the opcodes that push a value without parts.
func (m *machine) scalar(op byte) bool {
	switch op {
	case 'N':
		m.push(nil)
	case 0x88:
		m.push(true)
	case 0x89:
		m.push(false)
	case 'I':
		m.push(m.intOrBool(m.number()))
	case 'L':
		m.push(m.integer(m.number()))
	case 'J':
		m.push(int64(int32(m.u32()))) // its 32 bits are signed
	case 'K':
		m.push(int64(m.byte()))
	case 'M':
		m.push(int64(m.u16()))
	case 0x8a:
		m.push(m.long(m.take(m.u8())))
	case 0x8b:
		m.push(m.long(m.take(m.u32())))
	case 'F':
		m.push(m.float(m.number()))
	case 'G':
		m.push(math.Float64frombits(binary.BigEndian.Uint64(m.take(8))))
	case 'V':
		m.push(m.rawUnicode(m.line()))
	case 'X':
		m.push(m.text(m.take(m.u32())))
	case 0x8c:
		m.push(m.text(m.take(m.u8())))
	case 0x8d:
		m.push(m.text(m.take(m.u64())))
	case 'B':
		m.push(Bytes(m.take(m.u32())))
	case 'C':
		m.push(Bytes(m.take(m.u8())))
	case 0x8e:
		m.push(Bytes(m.take(m.u64())))
	case 0x96:
		m.push(ByteArray(m.take(m.u64())))
	default:
		return false
	}
	return true
}

// intOrBool reads the line of INT, by which protocols 0 and 1 write booleans,
// too.
func (m *machine) intOrBool(text string) Value {
	switch text {
	case "00":
		return false
	case "01":
		return true
	}
	return m.integer(text)
}

// container runs the opcodes that make and fill containers.
func (m *machine) container(op byte) bool {
	switch op {
	case '(':
		m.mark()
	case ']':
		m.push(&List{})
	case '}':
		m.push(&Dict{})
	case 0x8f:
		m.push(&Set{})
	case ')':
		m.push(Tuple(nil))
	case 'l':
		m.push(&List{m.popMark()})
	case 't':
		m.push(Tuple(m.popMark()))
	case 0x85, 0x86, 0x87:
		m.push(m.tuple(int(op) - 0x84))
	case 'd':
		d := &Dict{}
		m.fillDict(d, m.popMark())
		m.push(d)
	case 0x91:
		m.push(&Set{Frozen: true, Items: m.popMark()})
	case 'a':
		v := plain(m.pop())
		if list := m.list(); list != nil {
			list.Items = push(list.Items, v)
		}
	case 'e':
		values := m.popMark()
		if list := m.list(); list != nil {
			list.Items = m.join(list.Items, values)
		}
	case 's':
		v, k := plain(m.pop()), plain(m.pop())
		m.fillDict(m.top(), []Value{k, v})
	case 'u':
		values := m.popMark()
		m.fillDict(m.top(), values)
	case 0x90:
		values := m.popMark()
		m.fillSet(values)
	default:
		return false
	}
	return true
}

func (m *machine) tuple(n int) Tuple {
	m.spend(valueCost) // its values do not leave the place that they had
	t := make(Tuple, n)
	for i := n - 1; i >= 0; i-- {
		t[i] = plain(m.pop())
	}
	return t
}

// An object of a type that is not known here may be a list or a dict beside;
// what it holds is skipped with the rest of it.

// list returns the list at the end of the stack, or nil for such an object.
func (m *machine) list() *List {
	switch to := m.top().(type) {
	case *List:
		return to
	case Opaque:
	default:
		m.fail("a list to append to is missing")
	}
	return nil
}

// join appends values that nobody else has.
func (m *machine) join(to, values []Value) []Value {
	if len(to) == 0 {
		return values
	}
	m.spend(valueCost / 2 * len(values)) // they are copied
	if room := cap(to) - len(to); room < len(values) {
		to = slices.Grow(to, max(len(to), len(values)))
	}
	return append(to, values...)
}

func (m *machine) fillDict(to Value, values []Value) {
	if len(values)%2 != 0 {
		m.fail("a key without a value")
	}
	switch to := to.(type) {
	case *Dict:
		for i := 0; i < len(values); i += 2 {
			m.spend(to.costOf(values[i]))
			to.Set(values[i], values[i+1])
		}
	case Opaque:
	default:
		m.fail("a dict to set items of is missing")
	}
}

func (m *machine) fillSet(values []Value) {
	switch to := m.top().(type) {
	case *Set:
		to.Items = m.join(to.Items, values)
	case Opaque:
	default:
		m.fail("a set to add to is missing")
	}
}

// memory runs the opcodes of the stack, the memo and the frames.
func (m *machine) memory(op byte) bool {
	switch op {
	case 0x80:
		if n := m.byte(); n > 5 {
			m.fail("protocol %d is unknown", n)
		}
	case 0x95:
		m.u64() // the length of a frame, which nothing here needs
	case '0':
		m.drop()
	case '1':
		m.popMark()
	case '2':
		m.push(m.top())
	case 'p':
		m.remember(m.decimal(m.number()))
	case 'q':
		m.remember(m.u8())
	case 'r':
		m.remember(m.u32())
	case 0x94:
		m.remember(m.memo.size())
	case 'g':
		m.recall(m.decimal(m.number()))
	case 'h':
		m.recall(m.u8())
	case 'j':
		m.recall(m.u32())
	default:
		return false
	}
	return true
}

// object runs the opcodes by which Python would call something.
func (m *machine) object(op byte) bool {
	switch op {
	case 'c':
		module := string(m.line())
		m.push(m.global(module, string(m.line())))
	case 0x93:
		name, module := m.string(m.pop()), m.string(m.pop())
		m.push(m.global(module, name))
	case 'R', 0x81:
		args, callable := m.pop(), m.pop()
		m.push(m.call(callable, args))
	case 0x92:
		m.pop() // named arguments
		args, callable := m.pop(), m.pop()
		m.push(m.opaque(callable, args))
	case 'b':
		m.pop() // the state
		if _, ok := m.top().(Opaque); !ok {
			m.stack[len(m.stack)-1] = Opaque{"an object with a state"}
		}
	case 'i':
		module := string(m.line())
		name := m.global(module, string(m.line()))
		m.popMark()
		m.push(Opaque{string(name)})
	case 'o':
		values := m.popMark()
		if len(values) == 0 {
			m.fail("a class is missing")
		}
		m.push(m.opaque(values[0], nil))
	case 'P':
		m.line()
		m.push(Opaque{"a persistent object"})
	case 'Q':
		m.pop()
		m.push(Opaque{"a persistent object"})
	case 0x82:
		m.take(1)
		m.push(Opaque{"an object of a registered extension"})
	case 0x83:
		m.take(2)
		m.push(Opaque{"an object of a registered extension"})
	case 0x84:
		m.take(4)
		m.push(Opaque{"an object of a registered extension"})
	case 0x97, 0x98:
		m.push(Opaque{"an out-of-band buffer"})
	default:
		return false
	}
	return true
}

// global returns the name of something in a module. Both may have been named
// before, and be long.
func (m *machine) global(module, name string) global {
	n := len(module) + len(name)
	if n > maxName {
		m.beyond("a name of %d bytes", n)
	}
	m.spend(copyCost * n)
	return global(module + "." + name)
}

func (m *machine) string(v Value) string {
	s, ok := v.(string)
	if !ok {
		m.fail("a name is not text")
	}
	return s
}

func (m *machine) opaque(callable, _ Value) Value {
	switch c := callable.(type) {
	case global:
		return Opaque{string(c)}
	case Opaque:
		return c
	}
	m.fail("the called object is not a name")
	return nil
}
