package rawjson

// An index finds members by their names. An object makes one when it has been
// searched often enough to pay for it, so that a request that touches each of
// many items once takes time in proportion to their number.
type index struct {
	places map[string]int // of each name, decoded; in the parsed text or the members
	holes  int            // members that were deleted, whose places are still taken
}

// An object of up to scanned members is always searched from its first to its
// last, and any other the first indexAfter times: to make an index takes about as long.
const (
	scanned    = 32
	indexAfter = 16
)

// indexed returns the index, or nil if a search is cheap without.
func (o *Object) indexed() *index {
	if o.index != nil {
		return o.index
	}
	if o.Len() <= scanned {
		return nil
	}
	if o.searches++; o.searches < indexAfter {
		return nil
	}
	o.index = &index{places: make(map[string]int, o.Len())}
	for i := range o.Len() {
		o.index.places[decodeName(o.member(i).name)] = i
	}
	return o.index
}

// place returns the place of a name, or -1.
func (x *index) place(name string) int {
	if i, ok := x.places[name]; ok {
		return i
	}
	return -1
}

// placeOf is place for the name of a member.
func (x *index) placeOf(m Member) int {
	if !m.plain {
		return x.place(decodeName(m.name))
	}
	if i, ok := x.places[string(m.name[1:len(m.name)-1])]; ok { // which makes no string
		return i
	}
	return -1
}

// fill closes the holes.
func (o *Object) fill() {
	if o.index == nil || o.index.holes == 0 {
		return
	}
	kept := o.members[:0]
	for _, m := range o.members {
		if m.name != nil {
			kept = append(kept, m)
		}
	}
	clear(o.members[len(kept):])
	o.members, o.index = kept, nil
}
