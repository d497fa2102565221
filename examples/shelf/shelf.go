// Package shelf keeps sessions in a map: the store that docs/writing-a-store.md
// builds.
package shelf

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/jamsession/jamsession/session"
)

// A store is a shelf of records.
type store struct {
	mu      sync.Mutex
	records map[string]session.Record
}

// New returns an empty store.
func New() session.Store { return &store{records: make(map[string]session.Record)} }

// locked runs f as one step, unless ctx is done.
func (s *store) locked(ctx context.Context, f func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	return f()
}

// live returns a record that has not expired, or ErrNotFound.
func (s *store) live(key string) (session.Record, error) {
	rec, ok := s.records[key]
	if !ok || !rec.Expiry.After(time.Now()) {
		return session.Record{}, session.ErrNotFound
	}
	return rec, nil
}

// Load implements session.Store.
func (s *store) Load(ctx context.Context, key string) (rec session.Record, err error) {
	err = s.locked(ctx, func() error {
		rec, err = s.live(key)
		return err
	})
	return rec, err
}

// Create implements session.Store. It never overwrites.
func (s *store) Create(ctx context.Context, rec session.Record) error {
	return s.locked(ctx, func() error {
		if _, err := s.live(rec.Key); err == nil {
			return session.ErrExists
		}
		s.records[rec.Key] = rec
		return nil
	})
}

// Save implements session.Store. It compares and replaces in one step, and
// never creates.
func (s *store) Save(ctx context.Context, old, new session.Record) error {
	return s.locked(ctx, func() error {
		stored, err := s.live(old.Key)
		if err != nil {
			return err
		}
		if !bytes.Equal(stored.Data, old.Data) {
			return session.ErrConflict
		}
		if new.Key != old.Key {
			if _, err := s.live(new.Key); err == nil {
				return session.ErrExists
			}
			delete(s.records, old.Key)
		}
		s.records[new.Key] = new
		return nil
	})
}

// Delete implements session.Store. It tells whether there was a record to delete.
func (s *store) Delete(ctx context.Context, key string) error {
	return s.locked(ctx, func() error {
		_, err := s.live(key)
		delete(s.records, key)
		return err
	})
}

// ClearExpired implements session.Store.
func (s *store) ClearExpired(ctx context.Context, now time.Time) (n int, err error) {
	err = s.locked(ctx, func() error {
		for key, rec := range s.records {
			if !rec.Expiry.After(now) {
				delete(s.records, key)
				n++
			}
		}
		return nil
	})
	return n, err
}

// Close implements session.Store. There is nothing to release.
func (s *store) Close() error { return nil }
