package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jamsession/jamsession/internal/rawjson"
	"github.com/jamsession/jamsession/internal/sessionkey"
	"github.com/jamsession/jamsession/internal/timelimit"
)

// A Manager gives requests their sessions. Make one with [New]; it is safe
// for concurrent use.
type Manager struct {
	store  Store
	sealer Sealer // the store, if the cookie is the record
	opts   Options

	refusals refusals
}

// New returns a manager of the sessions in store. Options may be nil. It
// panics if they contradict each other or the store.
func New(store Store, o *Options) *Manager {
	if store == nil {
		panic("session: New: no store")
	}
	m := &Manager{store: store, opts: o.withDefaults()}
	m.sealer, _ = store.(Sealer)
	if m.sealer != nil && m.opts.HashKeys {
		panic("session: New: HashKeys is for stores that keep records; this one has them in the cookie")
	}
	return m
}

// Load returns the session that has this key, for programs without a request:
// commands, websockets, tests. Call [Session.Save] when it is changed. A key
// that is empty, unknown or expired gives a new session without a key. The
// error wraps [ErrUnavailable] if the store could not be asked.
func (m *Manager) Load(ctx context.Context, key string) (*Session, error) {
	s := &Session{m: m, key: key}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Delete deletes the session that has this key, if there is one: whoever
// holds its cookie is logged out.
func (m *Manager) Delete(ctx context.Context, key string) error {
	if !m.issued(key) {
		return nil
	}
	storeKey := m.storeKey(key)
	ctx, cancel := timelimit.Within(ctx, m.opts.Timeout)
	defer cancel()
	if err := m.store.Delete(ctx, storeKey); err != nil {
		return unavailable("delete", err)
	}
	m.observe(ctx, Deleted, storeKey, 0)
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

// decode is parse, but makes corrupt data an empty session and a log line,
// as Django does: the visitor starts anew, and his next change overwrites it.
func (m *Manager) decode(ctx context.Context, rec Record) (rawjson.Object, error) {
	if items := rec.itemsOf(m); items != nil {
		return items.Object(), nil
	}
	items, err := m.parse(rec)
	if errors.Is(err, ErrCorrupt) {
		m.opts.Logger.WarnContext(ctx, "session: data corrupted; the session is empty",
			slog.String("session", Fingerprint(rec.Key)), slog.Any("error", err))
		return rawjson.Object{}, nil
	}
	return items, err
}

func (m *Manager) parse(rec Record) (rawjson.Object, error) {
	text, err := m.opts.Codec.Decode(rec.Data)
	if err != nil {
		return rawjson.Object{}, fmt.Errorf("session: decode: %w", err)
	}
	items, err := rawjson.Parse(text)
	switch {
	case err == nil:
		return items, nil
	case errors.Is(err, rawjson.ErrLimit):
		return rawjson.Object{}, fmt.Errorf("%w: %w", ErrTooLarge, err)
	default:
		return rawjson.Object{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
}
