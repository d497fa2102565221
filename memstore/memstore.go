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
// that have expired make room; if there are none, a new session is refused
// with [ErrFull], which is a 503 for that visitor, and costs the same however
// many records there are. No session is dropped for a new one: otherwise anyone
// who creates many sessions could log everybody out.
//
// # Waiting
//
// Records are divided among many locks. Clearing holds one for as long as it takes
// to remove a hundred records, and a list for as long as it takes to copy the ends
// of one part: of a million sessions, a fraction of a millisecond.
package memstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"time"

	"github.com/jamsession/jamsession/session"
)

// A store is a table of records.
type store struct {
	// table is a function, since package fmt, which may call no methods of
	// unexported fields, would print keys and data.
	table func() *table
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
	t := newTable(max)
	return &store{func() *table { return t }}
}

// Close implements [session.Store]. There is nothing to release.
func (s *store) Close() error { return nil }

// Load returns the record under key, or [session.ErrNotFound].
func (s *store) Load(ctx context.Context, key string) (session.Record, error) {
	if err := ctx.Err(); err != nil {
		return session.Record{}, err
	}
	sh, hash := s.table().of(key)
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	e := sh.live(hash, key, time.Now())
	if e == nil {
		return session.Record{}, session.ErrNotFound
	}
	return session.Record{Key: e.key, Data: e.data, Expiry: sh.ends.of(e)}, nil
}

// Exist implements [session.Store].
func (s *store) Exist(ctx context.Context, keys []string) ([]bool, error) {
	exist := make([]bool, len(keys))
	for i, key := range keys {
		sh, hash := s.table().of(key)
		sh.mu.RLock()
		exist[i] = sh.live(hash, key, time.Now()) != nil
		sh.mu.RUnlock()
	}
	return exist, ctx.Err()
}

// Remember implements [session.Store].
func (s *store) Remember(rec session.Record, decoded any) {
	sh, hash := s.table().of(rec.Key)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if e := sh.find(hash, rec.Key); e != nil && isSame(e.data, rec.Data) {
		e.decoded = decoded
	}
}

// Recall implements [session.Store].
func (s *store) Recall(rec session.Record) (decoded any) {
	sh, hash := s.table().of(rec.Key)
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	if e := sh.find(hash, rec.Key); e != nil && isSame(e.data, rec.Data) {
		return e.decoded
	}
	return nil
}

// isSame reports whether a and b are one slice.
func isSame(a, b []byte) bool {
	return len(a) == len(b) && len(a) > 0 && &a[0] == &b[0]
}

// KeepsBytes implements [session.Store].
func (s *store) KeepsBytes() bool { return true }

// Create stores a new record, or returns [session.ErrExists] or [ErrFull].
func (s *store) Create(ctx context.Context, rec session.Record) error {
	t := s.table()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := t.create(rec)
		if !errors.Is(err, ErrFull) || !t.makeRoom(time.Now()) {
			return err
		}
	}
}

// create is Create as long as there is room.
func (t *table) create(rec session.Record) error {
	sh, hash := t.of(rec.Key)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.find(hash, rec.Key) != nil {
		return session.ErrExists
	}
	if !t.room.take() {
		return ErrFull
	}
	sh.add(hash, &entry{key: rec.Key, data: rec.Data}, rec.Expiry)
	return nil
}

// Save replaces old by new, or returns [session.ErrConflict],
// [session.ErrNotFound] or [session.ErrExists].
func (s *store) Save(ctx context.Context, old, new session.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t := s.table()
	if new.Key != old.Key {
		return t.move(old, new)
	}
	sh, hash := t.of(old.Key)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	e, err := sh.unchanged(hash, old)
	if err != nil {
		return err
	}
	e.data, e.decoded = new.Data, nil
	sh.setEnd(e, new.Expiry)
	return nil
}

// move is Save under another key. A holder of one of the two locks sees the record
// under one of the keys.
func (t *table) move(old, new session.Record) error {
	from, hash := t.of(old.Key)
	to, newHash := t.of(new.Key)
	lockBoth(from, to)
	defer unlockBoth(from, to)
	e, err := from.unchanged(hash, old)
	if err != nil {
		return err
	}
	if to.find(newHash, new.Key) != nil {
		return session.ErrExists
	}
	from.remove(hash, e)
	to.add(newHash, &entry{key: new.Key, data: new.Data}, new.Expiry)
	return nil
}

// unchanged returns the entry of a record if it is as it was loaded. The caller
// holds the lock.
func (sh *shard) unchanged(hash uint64, rec session.Record) (*entry, error) {
	e := sh.live(hash, rec.Key, time.Now())
	if e == nil {
		return nil, session.ErrNotFound
	}
	if !bytes.Equal(e.data, rec.Data) {
		return nil, session.ErrConflict
	}
	return e, nil
}

// Delete removes the record under key, or returns [session.ErrNotFound].
func (s *store) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t := s.table()
	sh, hash := t.of(key)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	wasLive := sh.live(hash, key, time.Now()) != nil
	if e := sh.find(hash, key); e != nil {
		sh.remove(hash, e)
		t.room.give(1)
	}
	if !wasLive {
		return session.ErrNotFound
	}
	return nil
}

// ClearExpired removes the records that have expired by now, and looks at no others. It
// goes round the shards, a few records of each at a time: a request that waits for a lock gets
// it before it is wanted here again, unless that shard is the last.
func (s *store) ClearExpired(ctx context.Context, now time.Time) (int, error) {
	t, total := s.table(), 0
	for found := true; found; {
		found = false
		for i := range t.shards {
			if err := ctx.Err(); err != nil {
				return total, err
			}
			n := t.clear(&t.shards[i], now)
			total, found = total+n, found || n == clearBatch
			if n > 0 {
				runtime.Gosched()
			}
		}
	}
	return total, nil
}

// List yields the live records in order of key, as they are when it begins.
func (s *store) List(ctx context.Context) iter.Seq2[session.Record, error] {
	return func(yield func(session.Record, error) bool) {
		keys := s.table().keys()
		slices.Sort(keys)
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
