// Package memstore keeps sessions in the memory of one process. It is the
// reference implementation of [session.Store], for tests and for sites of one
// process that may log everybody out when it stops.
//
//	sessions, err := session.New(memstore.New(), nil)
//	...
//	http.ListenAndServe(addr, sessions.Handler(mux))
//
// # Space
//
// Records that have expired are never served, but stay in memory until
// [session.Manager.ClearExpired] is called; session.Manager.ClearPeriodically
// does so in the background until its context is done.
//
// A record is kept with its decoded items, so that no load decodes it again.
// With a codec that signs, a session takes twice its size.
//
// [NewLimited] limits how many records there can be. When it is full, those
// that have expired are removed; if there are none, a new session is refused
// with [ErrFull], which is a 503 for that visitor. No session is dropped for a
// new one: otherwise anyone who creates many sessions could log everybody out.
package memstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jamsession/jamsession/session"
)

// A store is a map of records.
type store struct {
	mu  sync.RWMutex
	max int // 0 for no limit

	// all is a function, since package fmt, which may call no methods of
	// unexported fields, would print keys and data.
	all func() map[string]entry
}

// An entry is a record with its decoded items, or nil.
type entry struct {
	session.Record
	decoded any
}

// ErrFull says that the store holds as many records as it may.
var ErrFull = errors.New("memstore: full; no new session can be stored until others expire")

// New returns an empty store without a limit.
func New() session.Store { return newStore(0) }

// NewLimited returns an empty store that holds at most max records. The error
// says that max is not positive.
func NewLimited(max int) (session.Store, error) {
	if max < 1 {
		return nil, fmt.Errorf("memstore: NewLimited: max is not positive: %d", max)
	}
	return newStore(max), nil
}

func newStore(max int) *store {
	records := make(map[string]entry)
	return &store{max: max, all: func() map[string]entry { return records }}
}

// Close implements [session.Store]. There is nothing to release.
func (s *store) Close() error { return nil }

// records returns the entries by key. The caller holds the lock.
func (s *store) records() map[string]entry { return s.all() }

// keep stores an entry. The caller holds the lock.
func (s *store) keep(key string, e entry) { s.all()[key] = e }

// Load returns the record under key, or [session.ErrNotFound].
func (s *store) Load(ctx context.Context, key string) (session.Record, error) {
	if err := ctx.Err(); err != nil {
		return session.Record{}, err
	}
	s.mu.RLock()
	e, ok := s.live(key)
	s.mu.RUnlock()
	if !ok {
		return session.Record{}, session.ErrNotFound
	}
	return e.Record, nil
}

// Exist implements [session.Store].
func (s *store) Exist(ctx context.Context, keys []string) ([]bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	exist := make([]bool, len(keys))
	for i, key := range keys {
		_, exist[i] = s.live(key)
	}
	return exist, ctx.Err()
}

// Remember implements [session.Store].
func (s *store) Remember(rec session.Record, decoded any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.records()[rec.Key]
	if ok && isSame(e.Data, rec.Data) {
		s.keep(rec.Key, entry{e.Record, decoded})
	}
}

// Recall implements [session.Store].
func (s *store) Recall(rec session.Record) (decoded any) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	e, ok := s.records()[rec.Key]
	if !ok || !isSame(e.Data, rec.Data) {
		return nil
	}
	return e.decoded
}

// isSame reports whether a and b are one slice.
func isSame(a, b []byte) bool {
	return len(a) == len(b) && len(a) > 0 && &a[0] == &b[0]
}

// KeepsBytes implements [session.Store].
func (s *store) KeepsBytes() bool { return true }

// Create stores a new record, or returns [session.ErrExists] or [ErrFull].
func (s *store) Create(ctx context.Context, rec session.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.records()[rec.Key]; taken {
		return session.ErrExists
	}
	if s.full() {
		return ErrFull
	}
	s.keep(rec.Key, entry{Record: rec})
	return nil
}

// full reports whether there is no room, after it has removed expired records.
// The caller holds the lock.
func (s *store) full() bool {
	if s.max == 0 || len(s.records()) < s.max {
		return false
	}
	now := time.Now()
	maps.DeleteFunc(s.records(), func(_ string, e entry) bool { return !e.Expiry.After(now) })
	return len(s.records()) >= s.max
}

// Save replaces old by new, or returns [session.ErrConflict],
// [session.ErrNotFound] or [session.ErrExists].
func (s *store) Save(ctx context.Context, old, new session.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stored, ok := s.live(old.Key)
	if !ok {
		return session.ErrNotFound
	}
	if !bytes.Equal(stored.Data, old.Data) {
		return session.ErrConflict
	}
	if new.Key != old.Key {
		if _, taken := s.records()[new.Key]; taken {
			return session.ErrExists
		}
		delete(s.records(), old.Key)
	}
	s.keep(new.Key, entry{Record: new})
	return nil
}

// Delete removes the record under key, or returns [session.ErrNotFound].
func (s *store) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.live(key)
	delete(s.records(), key)
	if !ok {
		return session.ErrNotFound
	}
	return nil
}

// clearBatch is how many records ClearExpired checks before it releases the
// lock for others.
const clearBatch = 1000

// ClearExpired removes the records that have expired by now.
func (s *store) ClearExpired(ctx context.Context, now time.Time) (int, error) {
	s.mu.RLock()
	keys := slices.Collect(maps.Keys(s.records()))
	s.mu.RUnlock()
	n := 0
	for batch := range slices.Chunk(keys, clearBatch) {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		n += s.clear(batch, now)
	}
	return n, nil
}

func (s *store) clear(keys []string, now time.Time) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range keys {
		if e, ok := s.records()[key]; ok && !e.Expiry.After(now) {
			delete(s.records(), key)
			n++
		}
	}
	return n
}

// List yields the live records in order of key, as they are when it begins.
func (s *store) List(ctx context.Context) iter.Seq2[session.Record, error] {
	return func(yield func(session.Record, error) bool) {
		s.mu.RLock()
		keys := slices.Sorted(maps.Keys(s.records()))
		s.mu.RUnlock()
		for _, key := range keys {
			rec, err := s.Load(ctx, key)
			if errors.Is(err, session.ErrNotFound) {
				continue
			}
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

// live returns the entry under key unless it has expired. The caller holds
// the lock.
func (s *store) live(key string) (entry, bool) {
	e, ok := s.records()[key]
	return e, ok && e.Expiry.After(time.Now())
}
