package rawjson

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// A scanner checks a text against the grammar of Python's json.loads and
// finds the ends of its values. It allocates nothing.
type scanner struct {
	src   []byte
	pos   int
	depth int
}

func (s *scanner) fail(what string) error { return &SyntaxError{s.pos, what} }

// object reads the whole text as one object, and appends where its members are.
func (s *scanner) object(marks *[]Mark) error {
	s.space()
	if s.peek() != '{' {
		return s.fail("no object")
	}
	s.pos++
	s.depth++
	err := s.list('}', func() error {
		if len(*marks) == MaxMembers {
			return fmt.Errorf("%w: more than %d members", ErrLimit, MaxMembers)
		}
		m, err := s.member()
		*marks = append(*marks, m)
		return err
	})
	if err != nil {
		return err
	}
	if s.space(); s.pos != len(s.src) {
		return s.fail("more text after the object")
	}
	return nil
}

// list reads elements up to the closing byte; the opening one is behind.
func (s *scanner) list(closing byte, element func() error) error {
	if s.space(); s.peek() == closing {
		s.pos++
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		s.space()
		switch s.peek() {
		case closing:
			s.pos++
			return nil
		case ',':
			s.pos++
			s.space()
		default:
			return s.fail("no comma or end")
		}
	}
}

func (s *scanner) member() (Mark, error) {
	start := s.pos
	name, err := s.name()
	if err != nil {
		return Mark{}, err
	}
	value := s.pos
	if err := s.value(); err != nil {
		return Mark{}, err
	}
	return newMark(start, start+len(name), value, s.pos, isPlain(name)), nil
}

// name reads a name and its colon, up to the value.
func (s *scanner) name() ([]byte, error) {
	start := s.pos
	if s.peek() != '"' {
		return nil, s.fail("no name")
	}
	if err := s.str(); err != nil {
		return nil, err
	}
	name := s.src[start:s.pos:s.pos]
	s.space()
	if s.peek() != ':' {
		return nil, s.fail("no colon")
	}
	s.pos++
	s.space()
	return name, nil
}

// value passes over one value.
func (s *scanner) value() error {
	switch c := s.peek(); c {
	case '"':
		return s.str()
	case '{':
		return s.nested('}', func() error {
			_, err := s.member()
			return err
		})
	case '[':
		return s.nested(']', s.value)
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	case 'N':
		return s.word("NaN")
	case 'I':
		return s.word("Infinity")
	default:
		return s.number()
	}
}

func (s *scanner) nested(closing byte, element func() error) error {
	if s.depth == MaxDepth {
		return fmt.Errorf("%w: nested deeper than %d", ErrLimit, MaxDepth)
	}
	s.depth++
	s.pos++
	err := s.list(closing, element)
	s.depth--
	return err
}

func (s *scanner) word(w string) error {
	if !bytes.HasPrefix(s.src[s.pos:], []byte(w)) {
		return s.fail("no value")
	}
	s.pos += len(w)
	return nil
}

func (s *scanner) number() error {
	if s.peek() == '-' {
		s.pos++
		if s.peek() == 'I' {
			return s.word("Infinity")
		}
	}
	start := s.pos
	n := s.digits()
	if n == 0 {
		return s.fail("no value")
	}
	if n > 1 && s.src[start] == '0' {
		s.pos = start + 1
		return s.fail("leading zero")
	}
	if n > MaxDigits {
		return fmt.Errorf("%w: a number of %d digits, at most %d", ErrLimit, n, MaxDigits)
	}
	if s.peek() == '.' {
		s.pos++
		if s.digits() == 0 {
			return s.fail("no digit")
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.pos++
		if c := s.peek(); c == '+' || c == '-' {
			s.pos++
		}
		if s.digits() == 0 {
			return s.fail("no digit")
		}
	}
	return nil
}

func (s *scanner) digits() (n int) {
	for c := s.peek(); c >= '0' && c <= '9'; c = s.peek() {
		s.pos++
		n++
	}
	return n
}

// str passes over a string. Most have no escape: then the next quote is the
// end, and two fast searches do.
func (s *scanner) str() error {
	rest := s.src[s.pos+1:]
	end := bytes.IndexByte(rest, '"')
	if end >= 0 && bytes.IndexByte(rest[:end], '\\') < 0 {
		if i := controlIn(rest[:end]); i >= 0 {
			s.pos += 1 + i
			return s.fail("control character in a string")
		}
		s.pos += end + 2
		return nil
	}
	return s.escaped()
}

// escaped passes over a string byte by byte.
func (s *scanner) escaped() error {
	for s.pos++; s.pos < len(s.src); s.pos++ {
		switch c := s.src[s.pos]; {
		case c == '"':
			s.pos++
			return nil
		case c < ' ':
			return s.fail("control character in a string")
		case c == '\\':
			s.pos++
			if err := s.escape(); err != nil {
				return err
			}
		}
	}
	return s.fail("string without end")
}

// escape checks what follows a backslash and stays on its last byte.
func (s *scanner) escape() error {
	switch s.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return nil
	case 'u':
		if _, ok := hex4(s.src[s.pos+1:]); ok {
			s.pos += 4
			return nil
		}
	}
	return s.fail("bad escape")
}

// controlIn returns where the first byte below 0x20 is, or -1. It looks at
// 32 bytes at a time.
func controlIn(b []byte) int {
	const low, high = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+32 <= len(b); i += 32 {
		w, x := binary.LittleEndian.Uint64(b[i:]), binary.LittleEndian.Uint64(b[i+8:])
		y, z := binary.LittleEndian.Uint64(b[i+16:]), binary.LittleEndian.Uint64(b[i+24:])
		if ((w-low*' ')&^w|(x-low*' ')&^x|(y-low*' ')&^y|(z-low*' ')&^z)&high != 0 {
			break
		}
	}
	for ; i < len(b); i++ {
		if b[i] < ' ' {
			return i
		}
	}
	return -1
}

func (s *scanner) space() {
	for s.pos < len(s.src) {
		switch s.src[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// peek returns the next byte, or 0 at the end; 0 is not part of the grammar.
func (s *scanner) peek() byte {
	if s.pos < len(s.src) {
		return s.src[s.pos]
	}
	return 0
}

// valid checks a text that is one value, inside of depth others.
func valid(src []byte, depth int) error {
	s := &scanner{src: src, depth: depth}
	s.space()
	if err := s.value(); err != nil {
		return err
	}
	if s.space(); s.pos != len(src) {
		return s.fail("more text after the value")
	}
	return nil
}
