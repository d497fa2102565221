package argon2

// A segment is the part of a lane that one slice of a pass fills.
type segment struct{ pass, lane, slice uint32 }

// fill makes the blocks of a segment, each of the one before it and of another one.
func (m *memory) fill(s segment) {
	first := uint32(0)
	if s.pass == 0 && s.slice == 0 {
		first = 2
	}
	var addresses *addresses
	if m.blind(s) {
		addresses = m.addresses(s)
	}
	for i := first; i < m.segment; i++ {
		at := s.slice*m.segment + i
		before := &m.blocks[s.lane*m.lane+(at+m.lane-1)%m.lane]
		random := before[0]
		if addresses != nil {
			random = addresses.at(i)
		}
		next := compress(before, &m.blocks[m.other(s, i, random)])
		if current := &m.blocks[s.lane*m.lane+at]; s.pass > 0 && m.Version != Version10 {
			current.xor(&next)
		} else {
			*current = next
		}
	}
}

// blind reports whether the blocks are chosen without a look at the memory.
func (m *memory) blind(s segment) bool {
	return m.Variety == I || m.Variety == ID && s.pass == 0 && s.slice < slices/2
}

// other returns the place of the other block, in the memory: J1 and J2 of the RFC are the halves of
// random.
func (m *memory) other(s segment, i uint32, random uint64) uint32 {
	lane := uint32(random>>32) % m.Lanes
	if s.pass == 0 && s.slice == 0 {
		lane = s.lane
	}
	// The blocks that are complete: those of the other slices, and in the own lane those of this one.
	start, area := uint32(0), s.slice*m.segment
	if s.pass > 0 {
		start, area = (s.slice+1)%slices*m.segment, m.lane-m.segment
	}
	switch {
	case lane == s.lane:
		area += i - 1
	case i == 0:
		area--
	}
	j := random & 0xffffffff
	back := uint64(area) * (j * j >> 32) >> 32 // newer blocks are more likely
	return lane*m.lane + (start+area-1-uint32(back))%m.lane
}

// addresses are the numbers that choose the blocks of a segment blindly, a block of them at a time.
type addresses struct{ input, numbers block }

// addresses returns those of a segment, before the first.
func (m *memory) addresses(s segment) *addresses {
	return &addresses{input: block{
		uint64(s.pass), uint64(s.lane), uint64(s.slice),
		uint64(len(m.blocks)), uint64(m.Time), uint64(m.Variety),
	}}
}

// at returns the number of a block; it is called in the order of the blocks.
func (a *addresses) at(i uint32) uint64 {
	const counter = 6
	for a.input[counter] <= uint64(i/words) {
		a.input[counter]++
		inner := compress(new(block), &a.input)
		a.numbers = compress(new(block), &inner)
	}
	return a.numbers[i%words]
}
