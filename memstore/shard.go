package memstore

import (
	"hash/maphash"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// A shard is a part of the records. A million of them, of three items each, are
// to fit into 450 bytes each: so a key is kept once, and an instant is one number.
type shard struct {
	place int // among the shards
	mu    sync.RWMutex

	// entries by the hash of their key; others are those whose hash another
	// entry has, as good as never.
	entries map[uint64]*entry
	others  map[string]*entry

	ends  ends
	first atomic.Int64 // the earliest end, to be read without the lock

	_ [48]byte // so that no two shards share a line of the processor's cache
}

// An entry is a record with its decoded items, or nil. Its key never changes.
type entry struct {
	key     string
	data    []byte
	decoded any
	place   int // among the ends of the shard
}

// The caller of what follows holds the lock, unless it says otherwise.

func (sh *shard) find(hash uint64, key string) *entry {
	if e := sh.entries[hash]; e != nil && e.key == key {
		return e
	}
	return sh.others[key]
}

// live returns the entry under key unless it has expired, or nil.
func (sh *shard) live(hash uint64, key string, now time.Time) *entry {
	e := sh.find(hash, key)
	if e == nil || hasEnded(sh.ends[e.place].at, now) {
		return nil
	}
	return e
}

// add adds an entry whose key is not there.
func (sh *shard) add(hash uint64, e *entry, end time.Time) {
	switch {
	case sh.entries == nil:
		sh.entries = map[uint64]*entry{hash: e}
	case sh.entries[hash] == nil:
		sh.entries[hash] = e
	case sh.others == nil:
		sh.others = map[string]*entry{e.key: e}
	default:
		sh.others[e.key] = e
	}
	sh.ends.add(e, end)
	sh.noteFirst()
}

func (sh *shard) remove(hash uint64, e *entry) {
	if sh.entries[hash] == e {
		delete(sh.entries, hash)
	} else {
		delete(sh.others, e.key)
	}
	sh.ends.remove(e)
	sh.noteFirst()
}

// removeExpired removes the record that ends first, if it has.
func (sh *shard) removeExpired(t *table, now time.Time) bool {
	if len(sh.ends) == 0 || !hasEnded(sh.ends[0].at, now) {
		return false
	}
	e := sh.ends[0].entry
	sh.remove(maphash.String(t.seed, e.key), e)
	return true
}

func (sh *shard) setEnd(e *entry, end time.Time) {
	sh.ends.set(e, end)
	sh.noteFirst()
}

func (sh *shard) noteFirst() {
	first := int64(math.MaxInt64)
	if len(sh.ends) > 0 {
		first = sh.ends[0].at
	}
	if sh.first.Load() != first {
		sh.first.Store(first)
	}
}

// mayHaveExpired reports whether some record has expired. It needs no lock.
func (sh *shard) mayHaveExpired(now time.Time) bool { return hasEnded(sh.first.Load(), now) }

// copyEnds returns a copy, in buf if that is large enough. It takes the lock for
// no longer than copying takes.
func (sh *shard) copyEnds(buf ends) ends {
	for {
		sh.mu.RLock()
		n := len(sh.ends)
		if n <= cap(buf) {
			buf = append(buf[:0], sh.ends...)
		}
		sh.mu.RUnlock()
		if n <= cap(buf) {
			return buf
		}
		buf = make(ends, 0, n+n/8)
	}
}
