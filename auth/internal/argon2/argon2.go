// Package argon2 has the varieties and versions of Argon2 that golang.org/x/crypto lacks: version
// 1.0, whose strings old libraries wrote, and Argon2d. It is as RFC 9106 has it; version 1.0 differs
// in that a later pass overwrites a block, where 1.3 mixes it with the old one.
//
// It computes the lanes one after the other, and in plain Go: it is for strings that a login replaces.
package argon2

import (
	"encoding/binary"

	"golang.org/x/crypto/blake2b"
)

// A Variety says how the blocks are chosen that a block is made of.
type Variety uint32

// The varieties, with the numbers of the RFC.
const (
	D  Variety = iota // by the contents of the memory
	I                 // without a look at the password
	ID                // as I at first, then as D
)

// The versions, as they are written in strings.
const (
	Version10 = 0x10
	Version13 = 0x13
)

// Params are what a hash depends on beside the password and the salt.
type Params struct {
	Variety Variety
	Version uint32
	Time    uint32 // passes over the memory, at least 1
	Memory  uint32 // KiB, at least 8 for each lane
	Lanes   uint32 // at least 1
	Length  uint32 // of the hash in bytes, at least 4

	Secret, Data []byte // of the RFC; no string of Django has any
}

const (
	words  = 128 // of 64 bits in a block
	slices = 4   // of a lane: lanes see each other's blocks after each
)

type block [words]uint64

// Key returns the hash of a password. The caller has checked the parameters.
func Key(password, salt []byte, p Params) []byte {
	m := newMemory(password, salt, p)
	for pass := range p.Time {
		for slice := range uint32(slices) {
			for lane := range p.Lanes {
				m.fill(segment{pass, lane, slice})
			}
		}
	}
	return m.result()
}

// A memory is the blocks of all lanes, one lane after the other.
type memory struct {
	Params
	blocks  []block
	lane    uint32 // blocks of a lane
	segment uint32 // blocks of a slice of a lane
}

// newMemory returns a memory in which each lane has its first two blocks.
func newMemory(password, salt []byte, p Params) *memory {
	m := &memory{Params: p, segment: p.Memory / (slices * p.Lanes)}
	m.lane = slices * m.segment
	m.blocks = make([]block, m.lane*p.Lanes)
	seed := initial(password, salt, p)
	for lane := range p.Lanes {
		for i := range uint32(2) {
			text := long(append32(seed[:len(seed):len(seed)], i, lane), 8*words)
			b := &m.blocks[lane*m.lane+i]
			for w := range b {
				b[w] = binary.LittleEndian.Uint64(text[8*w:])
			}
		}
	}
	return m
}

// initial is H0 of the RFC.
func initial(password, salt []byte, p Params) []byte {
	text := append32(nil, p.Lanes, p.Length, p.Memory, p.Time, p.Version, uint32(p.Variety))
	for _, part := range [][]byte{password, salt, p.Secret, p.Data} {
		text = append(append32(text, uint32(len(part))), part...)
	}
	sum := blake2b.Sum512(text)
	return sum[:]
}

// result mixes the last blocks of the lanes.
func (m *memory) result() []byte {
	last := m.blocks[m.lane-1]
	for lane := uint32(1); lane < m.Lanes; lane++ {
		last.xor(&m.blocks[(lane+1)*m.lane-1])
	}
	text := make([]byte, 0, 8*words)
	for _, w := range last {
		text = binary.LittleEndian.AppendUint64(text, w)
	}
	return long(text, m.Length)
}

// long is H' of the RFC, the hash of any length.
func long(text []byte, length uint32) []byte {
	text = append(append32(nil, length), text...)
	if length <= blake2b.Size {
		return short(text, length)
	}
	var out []byte
	sum := short(text, blake2b.Size)
	for left := length; ; {
		if left <= blake2b.Size {
			return append(out, sum...)
		}
		out = append(out, sum[:blake2b.Size/2]...)
		left -= blake2b.Size / 2
		sum = short(sum, min(left, blake2b.Size))
	}
}

// short is BLAKE2b of a length of 1 to 64 bytes.
func short(text []byte, length uint32) []byte {
	h, err := blake2b.New(int(length), nil)
	if err != nil {
		panic(err) // never: the length is right
	}
	_, _ = h.Write(text) // never fails
	return h.Sum(nil)
}

func append32(text []byte, numbers ...uint32) []byte {
	for _, n := range numbers {
		text = binary.LittleEndian.AppendUint32(text, n)
	}
	return text
}
