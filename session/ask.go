package session

import (
	"context"
	"time"
)

// All questions to the store are here, so that the probe is told of each.

func (m *Manager) loadRecord(ctx context.Context, key string) (rec Record, err error) {
	if m.opts.Probe == nil {
		return m.store.Load(ctx, key)
	}
	err = Measure(ctx, m.opts.Probe, OpLoad, func(ctx context.Context) (err error) {
		rec, err = m.store.Load(ctx, key)
		return err
	})
	return rec, err
}

func (m *Manager) createRecord(ctx context.Context, rec Record) error {
	return Measure(ctx, m.opts.Probe, OpCreate, func(ctx context.Context) error {
		return m.store.Create(ctx, rec)
	})
}

func (m *Manager) saveRecord(ctx context.Context, old, next Record) error {
	return Measure(ctx, m.opts.Probe, OpSave, func(ctx context.Context) error {
		return m.store.Save(ctx, old, next)
	})
}

func (m *Manager) deleteRecord(ctx context.Context, key string) error {
	return Measure(ctx, m.opts.Probe, OpDelete, func(ctx context.Context) error {
		return m.store.Delete(ctx, key)
	})
}

// clearRecords also tells the probe how many there were, which Measure cannot.
func (m *Manager) clearRecords(ctx context.Context) (n int, err error) {
	p := m.opts.Probe
	if p == nil {
		return m.store.ClearExpired(ctx, time.Now())
	}
	ctx = p.Begin(ctx, OpClear)
	began := now()
	err = errPanicked
	defer func() { p.End(ctx, Work{Op: OpClear, Took: now() - began, Err: err, N: n}) }()
	n, err = m.store.ClearExpired(ctx, time.Now())
	return n, err
}
