package session

import (
	"context"
	"errors"

	"github.com/jamsession/jamsession/internal/sessionkey"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// A Manager gives requests their sessions. Make one with [New]; it is safe
// for concurrent use.
type Manager struct {
	store  Store
	sealer sealer     // the store, if the cookie is the record
	memory rememberer // the store, if it keeps what was decoded
	opts   Options

	transport Transport
	vary      []string // the headers it looks at

	refusals refusals
}

// New returns a manager of the sessions in store. Options may be nil. The
// error names the field that is wrong, or that contradicts another or the
// store.
func New(store Store, o *Options) (*Manager, error) {
	if store == nil {
		return nil, errors.New("session: New: the store is nil")
	}
	m := &Manager{store: store, opts: o.withDefaults()}
	if err := m.opts.check(); err != nil {
		return nil, err
	}
	m.sealer, _ = store.(sealer)
	m.memory, _ = store.(rememberer)
	if err := m.checkStore(); err != nil {
		return nil, err
	}
	if m.transport = m.opts.Transport; m.transport == nil {
		m.transport = newCookieTransport(m.opts.Cookie)
	}
	m.vary = m.transport.Vary()
	return m, nil
}

// Load returns the session that has this key, for programs without a request: commands,
// websockets, tests. Call [Session.Save] when it is changed. A key that is empty, unknown
// or expired gives a new session without a key. The error wraps [ErrUnavailable] if the
// store is unavailable.
func (m *Manager) Load(ctx context.Context, key string) (*Session, error) {
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
	err := m.store.Delete(ctx, storeKey)
	if errors.Is(err, ErrNotFound) {
		return ErrNotFound
	}
	if err != nil {
		return unavailable("delete", err)
	}
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

// issued reports whether key could have come from here. Others are never
// shown to the store.
func (m *Manager) issued(key string) bool {
	if m.sealer != nil {
		return m.sealer.Issued(key)
	}
	return sessionkey.WellFormed(key)
}

func (m *Manager) storeKey(key string) string {
	if m.opts.HashKeys {
		return hashKey(key)
	}
	return key
}
