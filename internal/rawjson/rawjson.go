// Package rawjson keeps a JSON object as an ordered list of members that stay
// undecoded, and writes new values exactly as Python's json module does.
//
// What was read and not changed is written back byte for byte: 1.0, integers
// of 400 digits, NaN, -Infinity, lone surrogates, the order of keys. Of a key
// that appears twice the last value counts, at the place of the first, as in
// a Python dict. The grammar is that of Python's json.loads.
//
// # Bytes beyond ASCII
//
// Python's session code writes ASCII only, and reads bytes as Latin-1. Bytes
// of 0x80 and above in a string are kept as they are while nobody looks, and
// decoded as Latin-1.
//
// A lone surrogate, which no Go string can hold as text, is decoded as U+FFFD
// in a value. In the name of a member it is the three bytes that UTF-8 would
// have for it, in both directions, so that such names stay apart.
//
// # Limits
//
// Texts longer than [MaxSize], nested deeper than [MaxDepth], with more than
// [MaxMembers] members or with an integer of more than [MaxDigits] digits are
// refused with an error that wraps [ErrLimit]. That is not a syntax error:
// the text may be sound, and must not be thrown away as corrupt.
package rawjson

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"slices"
	"unicode/utf8"
)

// What [Parse] reads at most. MaxDigits is Python's own limit.
const (
	MaxSize    = 16 << 20 // bytes
	MaxDepth   = 64       // arrays and objects in each other, the root included
	MaxMembers = 100_000  // members of the root
	MaxDigits  = 4300     // digits of one integer
)

// ErrLimit is wrapped by the errors for texts and values beyond the limits.
var ErrLimit = errors.New("rawjson: beyond the limits")

// A SyntaxError says where a text stops being a JSON object. It does not show
// the text.
type SyntaxError struct {
	Offset int // bytes before the error
	what   string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("rawjson: %s at byte %d", e.what, e.Offset)
}

// An Object is an ordered list of members. The zero value is empty and ready
// for use. It is not safe for concurrent use, and copies made by assignment
// must not be changed; see [Object.Clone].
type Object struct {
	members []member
}

// A member is a name and a value as they stand in the text.
type member struct {
	name  []byte // with its quotes
	value []byte
	plain bool // name holds no escape and only ASCII
}

// is reports whether the member has this name.
func (m *member) is(name string) bool {
	if m.plain {
		return string(m.name[1:len(m.name)-1]) == name
	}
	return decodeName(m.name) == name
}

// Parse splits a text whose root is an object. The object keeps parts of src,
// which must not be changed afterwards.
func Parse(src []byte) (Object, error) {
	if len(src) > MaxSize {
		return Object{}, fmt.Errorf("%w: %d bytes, at most %d", ErrLimit, len(src), MaxSize)
	}
	members, err := (&scanner{src: src}).object()
	if err != nil {
		return Object{}, err
	}
	return Object{withoutDuplicates(members)}, nil
}

// withoutDuplicates moves the last value of each name to its first place. It
// compares each with each, unless they are many or have to be decoded.
func withoutDuplicates(members []member) []member {
	isCoded := func(m member) bool { return !m.plain }
	if len(members) > 32 || slices.ContainsFunc(members, isCoded) {
		return withoutDuplicatesByMap(members)
	}
	kept := members[:0]
next:
	for _, m := range members {
		for i := range kept {
			if bytes.Equal(kept[i].name, m.name) {
				kept[i].value = m.value
				continue next
			}
		}
		kept = append(kept, m)
	}
	return kept
}

func withoutDuplicatesByMap(members []member) []member {
	seen := make(map[string]int, len(members))
	kept := members[:0]
	for _, m := range members {
		name := decodeName(m.name)
		if i, ok := seen[name]; ok {
			kept[i].value = m.value
			continue
		}
		seen[name] = len(kept)
		kept = append(kept, m)
	}
	return kept
}

func (o *Object) find(name string) int {
	if !utf8.ValidString(name) {
		name = decodeName(appendName(nil, name)) // as it is written
	}
	for i := range o.members {
		if o.members[i].is(name) {
			return i
		}
	}
	return -1
}

// Get returns the text of a value, which must not be changed.
func (o *Object) Get(name string) (value []byte, ok bool) {
	i := o.find(name)
	if i < 0 {
		return nil, false
	}
	return o.members[i].value, true
}

// Set stores the text of a value, which must come from [AppendValue], at the
// place of the name or else at the end.
func (o *Object) Set(name string, value []byte) {
	if i := o.find(name); i >= 0 {
		o.members[i].value = value
		return
	}
	text := appendName(make([]byte, 0, len(name)+2), name)
	o.members = append(o.members, member{text, value, isPlain(text)})
}

// Delete removes a member and reports whether it was there.
func (o *Object) Delete(name string) bool {
	i := o.find(name)
	if i >= 0 {
		o.members = slices.Delete(o.members, i, i+1)
	}
	return i >= 0
}

// Clear removes all members.
func (o *Object) Clear() { o.members = nil }

// Len returns the number of members.
func (o *Object) Len() int { return len(o.members) }

// Clone returns a copy; later changes of one do not touch the other.
func (o *Object) Clone() Object { return Object{slices.Clone(o.members)} }

// All yields the members in order. The object must not change meanwhile.
func (o *Object) All() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for i := range o.members {
			m := &o.members[i]
			if !yield(decodeName(m.name), m.value) {
				return
			}
		}
	}
}

// AppendTo appends the text of the object: names and values as they were read
// or set, with nothing between them but commas and colons.
func (o *Object) AppendTo(dst []byte) []byte {
	size := 2
	for i := range o.members {
		size += len(o.members[i].name) + len(o.members[i].value) + 2
	}
	dst = append(slices.Grow(dst, size), '{')
	for i := range o.members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, o.members[i].name...), ':')
		dst = append(dst, o.members[i].value...)
	}
	return append(dst, '}')
}
