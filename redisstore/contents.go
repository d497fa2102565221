package redisstore

import (
	"strings"
	"sync"
	"time"

	"github.com/jamsession/jamsession/session"
)

// A contents keeps what the values in the client-side cache say, so that loads from
// there do not open and decode them again. What it keeps counts while the cache holds
// the very same value: that a value has changed is the business of the cache alone.
//
// It takes at most so many bytes, in two halves: when the younger one is full, the older
// one is dropped, with what was not asked for meanwhile.
type contents struct {
	most int // bytes

	mu         sync.RWMutex
	young, old half
}

type half struct {
	all   map[string]*content // by the session's key
	bytes int
}

// A content is what a value says. It does not change once it is in a contents.
type content struct {
	value   []byte // whose place in memory nothing else can have meanwhile
	data    []byte
	expiry  time.Time
	decoded any // of package session, or nil
}

func newContents(most int) *contents { return &contents{most: most} }

// contentSize is about what a content takes beside its value and data, with the key and its
// places in a map.
const contentSize = 256

func (k *content) size() int {
	size := contentSize + len(k.value)
	if !isPart(k.value, k.data) {
		size += cap(k.data)
	}
	if d, ok := k.decoded.(interface{ Size() int }); ok {
		size += d.Size()
	}
	return size
}

// isPart reports whether data is the end of value, in the same memory.
func isPart(value, data []byte) bool {
	return len(data) > 0 && len(data) <= len(value) && isSame(value[len(value)-len(data):], data)
}

// isSame reports whether a and b are one slice.
func isSame(a, b []byte) bool {
	return len(a) == len(b) && len(a) > 0 && &a[0] == &b[0]
}

// find returns what is kept of a value, or nil.
func (c *contents) find(key string, value []byte) *content {
	k, isOld := c.get(key)
	if k == nil || !isSame(k.value, value) {
		return nil
	}
	if isOld {
		c.put(key, k)
	}
	return k
}

func (c *contents) get(key string) (k *content, isOld bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if k = c.young.all[key]; k != nil {
		return k, false
	}
	return c.old.all[key], true
}

// put keeps what a value says, in place of what is kept of that key.
func (c *contents) put(key string, k *content) {
	size := k.size()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(key)
	if size > c.most/2 {
		return
	}
	if c.young.all == nil || c.young.bytes+size > c.most/2 {
		c.old, c.young = c.young, half{all: make(map[string]*content)}
	}
	c.young.all[strings.Clone(key)] = k // which may be a part of a long header
	c.young.bytes += size
}

// forget drops what is kept of a key.
func (c *contents) forget(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(key)
}

func (c *contents) drop(key string) {
	for _, h := range []*half{&c.young, &c.old} {
		if k := h.all[key]; k != nil {
			h.bytes -= k.size()
			delete(h.all, key)
		}
	}
}

// A remembering is a store with a client-side cache. Without one, it would be of no use
// that a manager makes what could be kept.
type remembering struct{ *store }

// remembering returns what a caller is given.
func (s *store) remembering() session.Store {
	if s.opts.ClientCache == 0 {
		return s
	}
	return remembering{s}
}

// Remember implements [session.Store].
func (s remembering) Remember(rec session.Record, decoded any) {
	if k, _ := s.contents.get(rec.Key); k != nil && isSame(k.data, rec.Data) {
		with := *k
		with.decoded = decoded
		s.contents.put(rec.Key, &with)
	}
}

// Recall implements [session.Store].
func (s remembering) Recall(rec session.Record) (decoded any) {
	if k, _ := s.contents.get(rec.Key); k != nil && isSame(k.data, rec.Data) {
		return k.decoded
	}
	return nil
}
