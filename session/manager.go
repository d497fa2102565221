package session

import (
	"context"
	"errors"
	"math"
	"sync/atomic"

	"github.com/jamsession/jamsession/internal/sessionkey"
	"github.com/jamsession/jamsession/internal/setcookie"
)

// A Manager gives requests their sessions. Make one with [New]; it is safe
// for concurrent use.
type Manager struct {
	store  Store
	sealer sealer     // the store, if the cookie is the record
	memory rememberer // the store, if it keeps what was decoded
	number uint32     // beside what it keeps
	opts   Options

	transport Transport
	vary      []string // the headers it looks at

	refusals refusals
	departed departed
	hint     setcookie.Hint
}

// New returns a manager of the sessions in store. Options may be nil. The
// error names the field that is wrong, or that contradicts another or the
// store.
func New(store Store, o *Options) (*Manager, error) {
	if store == nil {
		return nil, errors.New("session: New: the store is nil")
	}
	m := &Manager{store: store, number: nextNumber(), opts: o.withDefaults()}
	if err := m.opts.check(); err != nil {
		return nil, err
	}
	if err := m.opts.checkStore(store); err != nil {
		return nil, err
	}
	m.sealer, _ = store.(sealer)
	m.memory, _ = store.(rememberer)
	if m.transport = m.opts.Transport; m.transport == nil {
		m.transport = newCookieTransport(m.opts.Cookie)
	}
	m.vary = m.transport.Vary()
	return m, nil
}

// managers counts those of this process. The first four thousand million have a number, and
// others remember nothing.
var managers atomic.Uint64

// nextNumber returns the number of a new manager, or 0 for none.
func nextNumber() uint32 {
	if n := managers.Add(1); n <= math.MaxUint32 {
		return uint32(n)
	}
	return 0
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

// observe tells Options.Observe, if there is one.
func (m *Manager) observe(ctx context.Context, kind EventKind, storeKey string, n int) {
	if m.opts.Observe == nil {
		return
	}
	e := Event{Kind: kind, N: n}
	if storeKey != "" {
		e.Fingerprint = Fingerprint(storeKey)
	}
	m.opts.Observe(ctx, e)
}
