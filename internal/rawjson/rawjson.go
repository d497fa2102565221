// Package rawjson keeps a JSON object as an ordered list of members that stay
// undecoded, and writes new values exactly as Python's json module does.
//
// Unchanged values are written back byte for byte: 1.0, integers of 400 digits,
// NaN, -Infinity, lone surrogates, the order of keys. Of a key that appears
// twice the last value is kept, at the place of the first, as in a Python dict.
// The grammar is that of Python's json.loads.
//
// # Bytes beyond ASCII
//
// Python's session code writes ASCII only, and reads bytes as Latin-1. Bytes of
// 0x80 and above in a string are kept as they are until the value is decoded,
// as Latin-1.
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
	"encoding/json"
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
	parsed   *Parsed  // as it was read, until it is changed; nil for none
	members  []Member // without parsed
	index    *index   // nil for none
	searches int      // without an index
}

// Parse splits a text whose root is an object. The object keeps parts of src,
// which must not be changed afterwards.
func Parse(src []byte) (Object, error) {
	p := new(parsedFew)
	if err := p.Parse(src, p.room[:]); err != nil {
		return Object{}, err
	}
	return p.Object(), nil
}

// own makes the members the object's own, before they are changed.
func (o *Object) own() {
	if o.parsed == nil {
		return
	}
	members := make([]Member, o.Len(), o.Len()+1)
	for i := range members {
		members[i] = o.parsed.member(i)
	}
	o.parsed, o.members = nil, members
}

// member returns a member by its place.
func (o *Object) member(i int) Member {
	if o.parsed != nil {
		return o.parsed.member(i)
	}
	return o.members[i]
}

func (o *Object) find(name string) int {
	if !utf8.ValidString(name) {
		name = decodeName(appendName(nil, name)) // as it is written
	}
	if x := o.indexed(); x != nil {
		return x.place(name)
	}
	if o.parsed != nil {
		return o.parsed.find(name)
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
	return o.member(i).value, true
}

// Set stores the text of a value, which must come from [AppendValue], at the
// place of the name or else at the end.
func (o *Object) Set(name string, value []byte) {
	o.own()
	if i := o.find(name); i >= 0 {
		o.members[i].value = value
		return
	}
	text := appendName(nil, name)
	o.add(Member{text, value, isPlain(text)})
}

// Put stores a member at the place of its name or else at the end.
func (o *Object) Put(m Member) {
	o.own()
	if i := o.findMember(m); i >= 0 {
		o.members[i].value = m.value
		return
	}
	o.add(m)
}

// findMember is find for the name of a member. The members are the object's own.
func (o *Object) findMember(m Member) int {
	if x := o.indexed(); x != nil {
		return x.placeOf(m)
	}
	for i := range o.members {
		if o.members[i].sameName(m) {
			return i
		}
	}
	return -1
}

func (o *Object) add(m Member) {
	if o.members == nil {
		o.members = make([]Member, 0, 4)
	}
	if o.index != nil {
		o.index.places[decodeName(m.name)] = len(o.members)
	}
	o.members = append(o.members, m)
}

// Delete removes a member and reports whether it was there.
func (o *Object) Delete(name string) bool {
	i := o.find(name)
	if i < 0 {
		return false
	}
	o.own()
	if o.index == nil {
		o.members = slices.Delete(o.members, i, i+1)
		return true
	}
	delete(o.index.places, decodeName(o.members[i].name))
	o.members[i] = Member{}
	o.index.holes++
	return true
}

// Clear removes all members.
func (o *Object) Clear() { *o = Object{} }

// Len returns the number of members.
func (o *Object) Len() int {
	if o.parsed != nil {
		return len(o.parsed.marks)
	}
	if o.index != nil {
		return len(o.members) - o.index.holes
	}
	return len(o.members)
}

// Clone returns a copy; later changes of one do not touch the other.
func (o *Object) Clone() Object {
	o.fill()
	return Object{parsed: o.parsed, members: slices.Clone(o.members)}
}

// All yields the members in order. The object must not change meanwhile.
func (o *Object) All() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		o.fill()
		for i := range o.Len() {
			m := o.member(i)
			if !yield(decodeName(m.name), m.value) {
				return
			}
		}
	}
}

// Texts returns the texts of all values, which must not be changed, by name.
func (o *Object) Texts() map[string]json.RawMessage {
	texts := make(map[string]json.RawMessage, o.Len())
	for name, value := range o.All() {
		texts[name] = value
	}
	return texts
}

// AppendTo appends the text of the object: names and values as they were read
// or set, with nothing between them but commas and colons.
func (o *Object) AppendTo(dst []byte) []byte {
	o.fill()
	dst = append(slices.Grow(dst, o.size()), '{')
	for i := range o.Len() {
		m := o.member(i)
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, m.name...), ':')
		dst = append(dst, m.value...)
	}
	return append(dst, '}')
}

// size is how long the text is: many are kept, with what was allocated for them.
func (o *Object) size() int {
	size := 2 + max(0, o.Len()-1)
	for i := range o.Len() {
		m := o.member(i)
		size += len(m.name) + len(m.value) + 1
	}
	return size
}

// WriteParsed makes p what [Parse] would make of text, which must be what
// AppendTo has appended and nothing else. It keeps text, and nothing of what the
// object was made from. The marks go into room, if all find place there.
func (o *Object) WriteParsed(p *Parsed, text []byte, room []Mark) {
	o.fill()
	p.text, p.marks = text, room[:0]
	if o.Len() > cap(room) {
		p.marks = make([]Mark, 0, o.Len())
	}
	at := 1
	for i := range o.Len() {
		m := o.member(i)
		value := at + len(m.name) + 1
		p.marks = append(p.marks, newMark(at, value-1, value, value+len(m.value), m.plain))
		at = value + len(m.value) + 1
	}
}
