package memstore

import "time"

// ends are the entries of a shard as a heap: the first ends first. Each entry
// knows its place, so that it costs little to move its end or to remove it.
type ends []end

// An end is when an entry expires, in microseconds of Unix time.
type end struct {
	at    int64
	entry *entry
}

// hasEnded reports whether an end has come.
func hasEnded(at int64, now time.Time) bool { return at <= now.UnixMicro() }

// of returns when an entry expires.
func (h ends) of(e *entry) time.Time { return time.UnixMicro(h[e.place].at).UTC() }

func (h *ends) add(e *entry, t time.Time) {
	*h = append(*h, end{t.UnixMicro(), e})
	h.up(len(*h) - 1)
}

func (h ends) set(e *entry, t time.Time) {
	h[e.place].at = t.UnixMicro()
	h.down(h.up(e.place))
}

func (h *ends) remove(e *entry) {
	i, last := e.place, len(*h)-1
	h.put(i, (*h)[last])
	(*h)[last] = end{}
	*h = (*h)[:last]
	if i < last {
		h.down(h.up(i))
	}
}

// put puts an end at a place.
func (h ends) put(i int, e end) {
	h[i] = e
	e.entry.place = i
}

// up moves the end at i before those that come later, and returns where it is.
func (h ends) up(i int) int {
	moved := h[i]
	for i > 0 {
		parent := (i - 1) / 2
		if h[parent].at <= moved.at {
			break
		}
		h.put(i, h[parent])
		i = parent
	}
	h.put(i, moved)
	return i
}

// down moves the end at i behind those that come earlier.
func (h ends) down(i int) {
	moved := h[i]
	for {
		child := 2*i + 1
		if child+1 < len(h) && h[child+1].at < h[child].at {
			child++
		}
		if child >= len(h) || h[child].at >= moved.at {
			break
		}
		h.put(i, h[child])
		i = child
	}
	h.put(i, moved)
}
