package throttle

import (
	"errors"
	"net/http"
	"net/netip"
	"time"

	"github.com/jamsession/jamsession/secret"
)

// What tests look at and users need not see.
var (
	Account   = account
	ParseItem = parseItem
	Network   = network
)

// MaxHops is how many items of a header are looked at.
const MaxHops = maxHops

// LastUntrusted reads lines of X-Forwarded-For.
func LastUntrusted(peer netip.Addr, lines []string, trusts func(netip.Addr) bool) (netip.Addr, string) {
	return lastUntrusted(peer, lines, addressForm, trusts)
}

// LastForwarded reads lines of Forwarded.
func LastForwarded(peer netip.Addr, lines []string, trusts func(netip.Addr) bool) (netip.Addr, string) {
	return lastUntrusted(peer, lines, forwardedForm, trusts)
}

// Len is the number of buckets of a store in memory.
func Len(s Store) int {
	m := s.(*memory)
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, s := range m.shelves {
		n += len(*s)
	}
	if n != len(m.buckets) {
		panic("the heaps and the map differ")
	}
	return len(m.buckets)
}

// Keys are the names of the buckets of a store in memory.
func Keys(s Store) []string {
	m := s.(*memory)
	m.mu.Lock()
	defer m.mu.Unlock()
	var keys []string
	for key := range m.buckets {
		keys = append(keys, key)
	}
	return keys
}

// What was exhausted, as [Options].OnLimited is told.
const (
	BucketSource       = string(bucketSource)
	BucketAccount      = string(bucketAccount)
	BucketDevice       = string(bucketDevice)
	BucketDeviceSource = string(bucketDeviceSource)
	BucketMailbox      = string(bucketMailbox)
)

// BucketOf returns what was exhausted, "" for another error.
func BucketOf(err error) string {
	e, _ := errors.AsType[exhaustion](err)
	return string(e.by)
}

// Concrete is what [New] returns.
type Concrete = limiter

// NewAt returns a limiter with a clock of its own.
func NewAt(now func() time.Time, store Store, keys secret.Keys, o *Options) (*Concrete, error) {
	l, err := newLimiter(store, keys, o)
	if err == nil {
		l.now = now
	}
	return l, err
}

func (l *Concrete) AllowSource(r *http.Request) bool { return l.allowSource(r) }

func (l *Concrete) Source(r *http.Request) netip.Prefix { return l.source(r) }

// Exhausted is how many sources are remembered.
func (l *Concrete) Exhausted() int {
	l.exhausted.mu.Lock()
	defer l.exhausted.mu.Unlock()
	return len(l.exhausted.until)
}

// Turns is the number of sources whose attempts are being counted.
func (l *Concrete) Turns() int {
	l.exhausted.turns.mu.Lock()
	defer l.exhausted.turns.mu.Unlock()
	return len(l.exhausted.turns.of)
}
