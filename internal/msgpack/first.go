package msgpack

import "bytes"

// First returns the first name of a map as it stands, how many pairs there are, and
// what stands behind the name. It reports whether data begins with a map, written
// as [AppendMap] does, whose first key is a text.
func First(data []byte) (pairs int, name, rest []byte, ok bool) {
	r := &reader{src: data}
	h, err := r.header()
	if err != nil || h.kind != aMap || h.size == 0 || !bytes.HasPrefix(data, AppendMap(nil, int(h.size))) {
		return 0, nil, nil, false
	}
	start := r.pos
	if _, err := r.name(); err != nil {
		return 0, nil, nil, false
	}
	return int(h.size), data[start:r.pos], data[r.pos:], true
}

// Bin returns the bytes with which data begins, and what stands behind them.
func Bin(data []byte) (bin, rest []byte, ok bool) {
	r := &reader{src: data}
	h, err := r.header()
	if err != nil || h.kind != aBin {
		return nil, nil, false
	}
	bin, err = r.take(h.size)
	return bin, data[r.pos:], err == nil
}
