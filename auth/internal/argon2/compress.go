package argon2

import "math/bits"

func (b *block) xor(other *block) {
	for i := range b {
		b[i] ^= other[i]
	}
}

// compress is G of the RFC: it makes a block of two.
func compress(x, y *block) block {
	r := *x
	r.xor(y)
	z := r
	for row := 0; row < words; row += 16 {
		permute(&z, row, 1, 2)
	}
	for column := 0; column < 16; column += 2 {
		permute(&z, column, 1, 16)
	}
	z.xor(&r)
	return z
}

// permute is P of the RFC, on eight pairs of words: from first on, pair by pair.
func permute(b *block, first, within, between int) {
	var v [16]uint64
	for i := range v {
		v[i] = b[first+i/2*between+i%2*within]
	}
	for i := range 4 { // the columns
		mix(&v[i], &v[4+i], &v[8+i], &v[12+i])
	}
	for i := range 4 { // the diagonals
		mix(&v[i], &v[4+(i+1)%4], &v[8+(i+2)%4], &v[12+(i+3)%4])
	}
	for i := range v {
		b[first+i/2*between+i%2*within] = v[i]
	}
}

// mix is GB of the RFC: the mixing of BLAKE2b, with a multiplication.
func mix(a, b, c, d *uint64) {
	*a, *d = half(*a, *b, *d, 32)
	*c, *b = half(*c, *d, *b, 24)
	*a, *d = half(*a, *b, *d, 16)
	*c, *b = half(*c, *d, *b, 63)
}

func half(a, b, d uint64, turn int) (sum, turned uint64) {
	a += b + 2*uint64(uint32(a))*uint64(uint32(b))
	return a, bits.RotateLeft64(d^a, -turn)
}
