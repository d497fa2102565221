package rawjson

import "fmt"

// A Parsed is a text and where its members are. Nobody changes it, so that
// many objects can have the same one. The marks hold no pointers: a million of
// them in memory do not slow the garbage collector.
type Parsed struct {
	text  []byte
	marks []Mark
}

// parsedFew is a Parsed with the room of its marks, if they are few, in one allocation.
type parsedFew struct {
	Parsed
	room [6]Mark
}

// Parse makes p what [Parse] makes of src. The marks go into room, if all find place
// there.
func (p *Parsed) Parse(src []byte, room []Mark) error {
	if len(src) > MaxSize {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrLimit, len(src), MaxSize)
	}
	p.text, p.marks = src, room[:0]
	return p.split()
}

// Size returns about how many bytes of memory p takes, with its text.
func (p *Parsed) Size() int {
	const own, each = 48, 16 // of a Parsed, and of a mark
	return own + cap(p.text) + each*cap(p.marks)
}

// Object returns an object that is what was parsed, until it is changed.
func (p *Parsed) Object() Object { return Object{parsed: p} }

// A Mark says where a member is in the text.
type Mark struct {
	name, nameEnd   uint32 // of the name, with its quotes; see codedName
	value, valueEnd uint32
}

// codedName is set in Mark.nameEnd if the name is not plain. MaxSize leaves
// the bit free.
const codedName = 1 << 31

func newMark(name, nameEnd, value, valueEnd int, plain bool) Mark {
	m := Mark{uint32(name), uint32(nameEnd), uint32(value), uint32(valueEnd)}
	if !plain {
		m.nameEnd |= codedName
	}
	return m
}

// member returns a member by its place.
func (p *Parsed) member(i int) Member {
	m := &p.marks[i]
	end := m.nameEnd &^ codedName
	return Member{
		name:  p.text[m.name:end:end],
		value: p.text[m.value:m.valueEnd:m.valueEnd],
		plain: m.nameEnd&codedName == 0,
	}
}

// find returns the place of a name, or -1. Most names differ in their length.
func (p *Parsed) find(name string) int {
	for i := range p.marks {
		m := &p.marks[i]
		if m.nameEnd&codedName != 0 {
			if decodeName(p.member(i).name) == name {
				return i
			}
			continue
		}
		if int(m.nameEnd-m.name) == len(name)+2 && string(p.text[m.name+1:m.nameEnd-1]) == name {
			return i
		}
	}
	return -1
}

func (p *Parsed) split() error {
	s := scanner{src: p.text}
	if err := s.object(&p.marks); err != nil {
		return err
	}
	if len(p.marks) <= 32 && !p.hasCodedName() {
		p.dropDuplicates()
	} else {
		p.dropDuplicatesByMap()
	}
	return nil
}

func (p *Parsed) hasCodedName() bool {
	for i := range p.marks {
		if p.marks[i].nameEnd&codedName != 0 {
			return true
		}
	}
	return false
}

// dropDuplicates moves the last value of each name to its first place. It
// compares each with each.
func (p *Parsed) dropDuplicates() {
	kept := 0
next:
	for i, m := range p.marks {
		name := p.member(i).name
		for j := range kept {
			if string(p.member(j).name) == string(name) {
				p.marks[j].value, p.marks[j].valueEnd = m.value, m.valueEnd
				continue next
			}
		}
		p.marks[kept] = m
		kept++
	}
	p.marks = p.marks[:kept]
}

// dropDuplicatesByMap is for members that are many, or have to be decoded.
func (p *Parsed) dropDuplicatesByMap() {
	seen := make(map[string]int, len(p.marks))
	kept := 0
	for i, m := range p.marks {
		name := decodeName(p.member(i).name)
		if j, ok := seen[name]; ok {
			p.marks[j].value, p.marks[j].valueEnd = m.value, m.valueEnd
			continue
		}
		seen[name] = kept
		p.marks[kept] = m
		kept++
	}
	p.marks = p.marks[:kept]
}
