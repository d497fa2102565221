package session

import (
	"context"
	"errors"

	"github.com/jamsession/jamsession/internal/timelimit"
)

// ByKey returns the session that has this key, for programs without a request: commands,
// websockets, tests. Call [Session.Save] when it is changed. A key that is empty, unknown
// or expired gives a new session without a key. The error wraps [ErrUnavailable] if the
// store is unavailable.
func (m *Manager) ByKey(ctx context.Context, key string) (*Session, error) {
	s := &Session{m: m, key: key}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Delete deletes the session that has this key: a visitor with its cookie is logged out.
// Its error is [ErrNotFound] if there is no such session, or if it has just got another
// key, and wraps [ErrUnavailable] if the store is unavailable, so that it is unknown
// whether there is one.
func (m *Manager) Delete(ctx context.Context, key string) error {
	if !m.issued(key) {
		return ErrNotFound
	}
	storeKey := m.storeKey(key)
	ctx, cancel := timelimit.Within(ctx, m.opts.Timeout)
	defer cancel()
	err := m.deleteRecord(ctx, storeKey)
	if errors.Is(err, ErrNotFound) {
		return ErrNotFound
	}
	if err != nil {
		return unavailable("delete", err)
	}
	m.departed.noteEnd(storeKey)
	m.observe(ctx, EventDeleted, storeKey, 0)
	return nil
}

// Items returns the items of a record as the text of a JSON object, for
// consoles. The error wraps [ErrCorrupt] if the record is damaged or was
// written with another key.
func (m *Manager) Items(rec Record) ([]byte, error) {
	items, err := m.parse(rec)
	if err != nil {
		return nil, err
	}
	return items.AppendTo(nil), nil
}
