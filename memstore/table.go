package memstore

import (
	"hash/maphash"
	"sync/atomic"
	"time"
)

// A table divides records among shards, each with a lock of its own, by a hash
// of their keys. Visitors choose the keys that are looked up, but the seed is a
// secret of the process: nobody can aim at one shard.
type table struct {
	seed   maphash.Seed
	room   room
	shards [shards]shard
}

// shards is how many there are: more than processors, and so many that List copies
// one of ten million records' within a millisecond.
const shards = 64

func newTable(max int) *table {
	t := &table{seed: maphash.MakeSeed(), room: room{max: int64(max)}}
	for i := range t.shards {
		t.shards[i].place = i
		t.shards[i].noteFirst()
	}
	return t
}

// of returns the shard of a key, and the key's hash.
func (t *table) of(key string) (*shard, uint64) {
	hash := maphash.String(t.seed, key)
	return &t.shards[hash%shards], hash
}

// lockBoth locks two shards, which may be one, in the order of their places: two
// moves cannot wait for each other.
func lockBoth(a, b *shard) {
	if a.place > b.place {
		a, b = b, a
	}
	a.mu.Lock()
	if a != b {
		b.mu.Lock()
	}
}

func unlockBoth(a, b *shard) {
	a.mu.Unlock()
	if a != b {
		b.mu.Unlock()
	}
}

// clearBatch is how many records are removed before the lock is released for
// others.
const clearBatch = 100

// clear removes a batch of expired records from a shard, and returns how many.
func (t *table) clear(sh *shard, now time.Time) int {
	if !sh.mayHaveExpired(now) {
		return 0
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	n := 0
	for n < clearBatch && sh.removeExpired(t, now) {
		n++
	}
	t.room.give(n)
	return n
}

// makeRoom removes some records that have expired, and reports whether there were
// any. If not, it has looked at the first end in each shard, and at no record.
func (t *table) makeRoom(now time.Time) bool {
	for i := range t.shards {
		if t.clear(&t.shards[i], now) > 0 {
			return true
		}
	}
	return false
}

// keys returns the keys of all records.
func (t *table) keys() []string {
	var keys []string
	var ends ends
	for i := range t.shards {
		ends = t.shards[i].copyEnds(ends)
		for _, end := range ends {
			keys = append(keys, end.entry.key)
		}
	}
	return keys
}

// A room counts records up to its limit. It is safe for concurrent use.
type room struct {
	max   int64 // 0 for no limit, and then nothing is counted
	taken atomic.Int64
}

// take reports whether there is room for one more, which has it then.
func (r *room) take() bool {
	if r.max == 0 {
		return true
	}
	for {
		n := r.taken.Load()
		if n >= r.max {
			return false
		}
		if r.taken.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// give takes back the room of n records.
func (r *room) give(n int) {
	if r.max > 0 {
		r.taken.Add(-int64(n))
	}
}
